import test from 'ava';
import { type AnyPlugin, createKernel, listToken, type StorageDriver, token, VarveError } from '../../src/index.ts';
import { failureOf, kernelOf, oneBuild, plugin, preset } from './helpers.ts';

const none = () => undefined;

const refuses = test.macro({
  async exec(t, plugins: readonly AnyPlugin[], code: string, message: RegExp) {
    const failure = await failureOf(() => kernelOf(...plugins));
    t.is(failure.code, code);
    t.regex(failure.message, message);
  },
  title: (title) => `a preset is refused with ${title}`,
});
test('a plugin twice', refuses, [plugin('a', none), plugin('a', none)], 'PLUGIN_DUPLICATE', /^a is in the preset twice/);
test('a plugin for another core', refuses, [plugin('a', none, { core: '^9.0.0' })], 'PLUGIN_CORE', /a was written for core \^9/);
test('a range that is none', refuses, [plugin('a', none, { core: 'latest' })], 'PLUGIN_CORE', /a names a core range/);
test('a missing requirement', refuses, [plugin('a', none, { requires: ['b'] })], 'PLUGIN_MISSING', /a requires b/);
test('a cycle', refuses, [plugin('a', none, { requires: ['b'] }), plugin('b', none, { requires: ['a'] })], 'PLUGIN_CYCLE', /a -> b -> a/);
test(
  'a tap before a plugin that is not loaded',
  refuses,
  [plugin('a', ({ hooks }) => hooks.event.tap(async () => undefined, { before: 'nobody' }))],
  'TAP_ORDER',
  /a taps "event" before "nobody"/,
);
const shared = token<number>('test-shared');
test(
  'two providers of one thing',
  refuses,
  [plugin('a', ({ provide }) => provide(shared, [], () => 1)), plugin('b', ({ provide }) => provide(shared, [], () => 2))],
  'PROVIDER_DUPLICATE',
  /test-shared/,
);

test('a plugin whose apply throws is named', async (t) => {
  const failure = await failureOf(() =>
    kernelOf(
      plugin('bad', () => {
        throw new Error('boom');
      }),
    ),
  );
  t.is(failure.plugin, 'bad');
  t.regex(failure.message, /bad failed in `apply`: boom/);
});

test('a required plugin is applied first, whatever the order of the preset', (t) => {
  const seen: string[] = [];
  kernelOf(
    plugin('late', () => void seen.push('late'), { requires: ['early'] }),
    plugin('early', () => void seen.push('early')),
  );
  t.deepEqual(seen, ['early', 'late']);
});

test('all mistakes in options are reported at once, by path', async (t) => {
  const options = (raw: unknown) => {
    if (raw !== undefined) throw new VarveError('OPTION_INVALID', 'expected nothing');
  };
  const standard = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: () => ({ issues: [{ message: 'expected a number', path: ['deep', { key: 'size' }] }] }),
    },
  };
  const plugins = [plugin('a', none, { options }), plugin('b', none, { options: standard }), plugin('c', none)];
  const failure = await failureOf(() => createKernel({ root: '/', plugins, options: { a: 1, b: 2, c: 3, d: 4 } }));
  t.is(failure.code, 'OPTIONS_INVALID');
  t.deepEqual(failure.message.split('\n  ').slice(1), [
    'options["d"]: no such plugin in the preset',
    'options["a"]: expected nothing',
    'options["b"].deep.size: expected a number',
    'options["c"]: this plugin has no options',
  ]);
});

test('nothing can be tapped or registered after the kernel was assembled', async (t) => {
  let late: (() => void)[] = [];
  kernelOf(
    plugin('a', ({ hooks, provide, inject, contribute }) => {
      late = [
        () => hooks.event.tap(async () => undefined),
        () => provide(shared, [], () => 1),
        () => inject('x', [], () => 1),
        () => contribute(token<readonly number[]>('test-list'), [], () => 1),
      ];
    }),
  );
  for (const register of late) t.is((await failureOf(register)).code, 'PLUGIN_LATE');
});

test('a factory is called once, with what it names, when first needed', async (t) => {
  const name = token<string>('test-name');
  let made = 0;
  const kernel = kernelOf(
    plugin('a', ({ provide }) => provide(shared, [name], (text) => text.length + made++)),
    plugin('b', ({ provide }) => provide(name, [], () => 'four')),
  );
  t.is(made, 0);
  t.is(kernel.get(shared), 4);
  t.is(kernel.get(shared), 4);
});

test('a plugin may ask for a list that others contribute to, also when nobody does', async (t) => {
  const list = listToken<string>('test-words');
  const join = plugin('a', ({ provide }) => provide(shared, [list], (words) => Number(words.join(''))));
  const one = plugin('b', ({ contribute }) => contribute(list, [], () => '1'));
  const two = plugin('c', ({ contribute }) => contribute(list, [], () => '2'));
  t.is(kernelOf(join, one, two).get(shared), 12);
  t.is(kernelOf(join, two).get(shared), 2);
  t.is(kernelOf(join).get(shared), 0);
});

test('providers that need each other are named in a circle', async (t) => {
  const other = token<number>('test-other');
  const kernel = kernelOf(
    plugin('a', ({ provide }) => {
      provide(shared, [other], (n) => n);
      provide(other, [shared], (n) => n);
    }),
  );
  const failure = await failureOf(() => kernel.get(shared));
  t.is(failure.code, 'PROVIDER_CYCLE');
  t.regex(failure.message, /test-shared -> test-other -> test-shared/);
});

test('disposing a kernel disposes what its plugins made, newest first, whatever fails', async (t) => {
  const gone: string[] = [];
  const disposable = (name: string, fails = false) => ({
    async [Symbol.asyncDispose]() {
      gone.push(name);
      if (fails) throw new Error(name);
    },
  });
  const [first, second] = [token<object>('test-first'), token<object>('test-second')];
  const kernel = kernelOf(
    plugin('a', ({ provide }) => {
      provide(first, [], () => disposable('first'));
      provide(second, [first], () => disposable('second', true));
    }),
  );
  kernel.get(second);
  await t.throwsAsync(async () => await kernel[Symbol.asyncDispose](), { message: 'second' });
  t.deepEqual(gone, ['second', 'first']);
});

test('taps are asked by stage, then in the order of the preset, and one may ask to be before another', async (t) => {
  const seen: string[] = [];
  const tapping = (name: string, order = {}) =>
    plugin(name, ({ hooks }) => {
      hooks.plan.tap(async (plan) => {
        seen.push(name);
        return plan;
      }, order);
    });
  await using kernel = kernelOf(
    ...preset(
      tapping('fallback', { stage: 100 }),
      tapping('b'),
      tapping('c'),
      tapping('first', { stage: -100 }),
      tapping('a', { before: 'b' }),
    ),
  );
  await kernel.build(oneBuild);
  t.deepEqual(seen, ['first', 'a', 'b', 'c', 'fallback']);
});

test('a plugin that asks to be before another is before all that this one taps, also in a chain', async (t) => {
  const seen: string[] = [];
  const tapping = (name: string, labels: readonly string[], order = {}) =>
    plugin(name, ({ hooks }) => {
      for (const label of labels)
        hooks.plan.tap(async (plan) => {
          seen.push(label);
          return plan;
        }, order);
    });
  await using kernel = kernelOf(
    ...preset(
      tapping('c', ['c1', 'c2']),
      tapping('a', ['a1'], { before: 'b' }),
      tapping('b', ['b1', 'b2'], { before: 'c' }),
      tapping('late', ['late'], { stage: 100 }),
      tapping('lone', ['lone'], { before: 'toy-frontend' }),
    ),
  );
  await kernel.build(oneBuild);
  t.deepEqual(seen, ['a1', 'b1', 'b2', 'c1', 'c2', 'lone', 'late']);
});

test('what a plugin injects may be called like what it needs', (t) => {
  let get: (() => number) | undefined;
  const kernel = kernelOf(
    plugin('a', ({ provide }) => void provide(shared, [], () => 7)),
    plugin('b', ({ inject }) => {
      get = inject('test-shared', [shared], (n) => n + 1);
    }),
  );
  t.is(get?.(), 8);
  t.is(kernel.get(shared), 7);
});

test('a factory that fails is named, whoever asked for what it makes', async (t) => {
  const culprit = plugin('culprit', ({ provide }) => {
    provide(shared, [], () => {
      throw new Error('boom');
    });
  });
  const innocent = plugin('innocent', ({ hooks, inject }) => {
    const get = inject('innocent', [shared], (n) => n);
    hooks.plan.tap(async (plan) => (get() > 0 ? plan : plan));
  });
  await using kernel = kernelOf(...preset(culprit, innocent));
  const failure = await failureOf(() => kernel.build(oneBuild));
  t.is(failure.plugin, 'culprit');
  t.regex(failure.message, /boom/);
});

test('an `apply` that is asynchronous is refused, also when it fails later', async (t) => {
  const apply = async (): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    throw new Error('late');
  };
  const failure = await failureOf(() => kernelOf(plugin('a', apply as () => void)));
  t.is(failure.code, 'PLUGIN_FAILED');
  await new Promise((resolve) => setTimeout(resolve, 20)); // what is not handled would end the process
});

test('a storage driver recovers once, whatever name it is asked for by', async (t) => {
  let recovered = 0;
  const driver = { name: 'one', recover: async () => void recovered++ } as unknown as StorageDriver;
  const kernel = kernelOf(plugin('a', ({ hooks }) => hooks.storage.tap(async () => driver)));
  await Promise.all([kernel.storage(), kernel.storage('one'), kernel.storage()]);
  t.is(recovered, 1);
});
