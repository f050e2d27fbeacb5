import test from 'ava';
import type { Hooks } from '../../src/hooks.ts';
import { type BuildEvent, createKernel, type Taps } from '../../src/index.ts';
import { buildThatAsks, failureOf, kernelOf, oneBuild, plugin, preset } from './helpers.ts';

/** What makes the kernel ask each hook. */
const HOOKS: readonly (keyof Hooks)[] = [
  'frontend',
  'handler',
  'executor',
  'snapshotter',
  'storage',
  'transport',
  'exporter',
  'plan',
  'layer',
  'image',
];
type Misbehaving = () => Promise<never>;
const tapEach = (hook: keyof Hooks, tap: () => Promise<unknown>) =>
  plugin('culprit', ({ hooks }) =>
    (hooks as unknown as Record<keyof Taps, { tap(fn: unknown, order: object): void }>)[hook].tap(tap, { stage: -100 }),
  );

const named = test.macro({
  async exec(t, hook: keyof Hooks, tap: () => Promise<unknown>, message: RegExp) {
    await using kernel = kernelOf(...preset(tapEach(hook, tap)));
    const failure = await failureOf(() => kernel.build(buildThatAsks(hook)));
    t.is(failure.plugin, 'culprit');
    t.is(failure.code, 'PLUGIN_FAILED');
    t.regex(failure.message, message);
  },
  title: (_, hook: string, __: unknown, message: RegExp) => `a tap of "${hook}" is named: ${message.source}`,
});
const boom: Misbehaving = async () => {
  throw new Error('boom');
};
for (const hook of HOOKS) {
  test(named, hook, boom, new RegExp(`culprit failed in hook "${hook}": boom`));
  test(named, hook, async () => null, new RegExp(`culprit returned null from hook "${hook}"`));
}
for (const hook of ['plan', 'layer', 'image'] as const)
  test(named, hook, async () => undefined, new RegExp(`culprit returned undefined from hook "${hook}"`));

for (const hook of HOOKS)
  test(`a tap of "${hook}" that never answers can be seen and does not hold an aborted build`, async (t) => {
    const plugins = preset(tapEach(hook, () => new Promise(() => undefined)));
    await using kernel = createKernel({ root: '/nonexistent', plugins, grace: 50 });
    const controller = new AbortController();
    const failing = failureOf(() => kernel.build({ ...buildThatAsks(hook), signal: controller.signal }));
    while (!kernel.pending.some((tap) => tap.plugin === 'culprit')) await new Promise((resolve) => setTimeout(resolve, 5));
    t.deepEqual(kernel.pending, [{ plugin: 'culprit', hook }]);
    controller.abort();
    const failure = await failing;
    t.is(failure.code, 'BUILD_ABORTED');
    t.regex(failure.message, new RegExp(`culprit has not answered hook "${hook}"`));
  });

test('an event tap that fails becomes one warning that names it, and the build goes on', async (t) => {
  const seen: BuildEvent[] = [];
  await using kernel = kernelOf(
    ...preset(
      plugin('culprit', ({ hooks }) => hooks.event.tap(boom)),
      plugin('watcher', ({ hooks }) => hooks.event.tap(async (event) => void seen.push(event))),
    ),
  );
  await kernel.build(oneBuild);
  const warnings = seen.filter((event) => event.type === 'warning');
  t.is(warnings.length, 1);
  t.regex(warnings[0]?.message ?? '', /culprit failed/);
  t.true(seen.some((event) => event.type === 'build-finished'));
});

test('an event tap that never answers does not slow a build', async (t) => {
  await using kernel = kernelOf(...preset(plugin('culprit', ({ hooks }) => hooks.event.tap(() => new Promise(() => undefined)))));
  await t.notThrowsAsync(kernel.build(oneBuild));
});

test('a provider that fails later is blamed on the plugin whose tap gave it', async (t) => {
  await using kernel = kernelOf(
    plugin('culprit', ({ hooks }) => hooks.handler.tap(async () => ({ fingerprint: boom, execute: boom }))),
    ...preset(),
  );
  const failure = await failureOf(() => kernel.build(oneBuild));
  t.is(failure.plugin, 'culprit');
  t.regex(failure.message, /culprit failed in its handler: boom/);
});

test('a frontend that fails is blamed', async (t) => {
  await using kernel = kernelOf(
    plugin('culprit', ({ hooks }) => hooks.frontend.tap(async () => ({ name: 'bad', parse: boom }))),
    ...preset(),
  );
  const failure = await failureOf(() => kernel.build(oneBuild));
  t.is(failure.plugin, 'culprit');
});

const bringing = (hook: keyof Hooks, provider: object) =>
  plugin('culprit', ({ hooks }) =>
    (hooks as unknown as Record<keyof Taps, { tap(fn: unknown, order: object): void }>)[hook].tap(async () => provider, { stage: -100 }),
  );
const blamed = test.macro({
  async exec(t, hook: keyof Hooks, provider: object, what: RegExp) {
    await using kernel = kernelOf(...preset(bringing(hook, provider)));
    const failure = await failureOf(() => kernel.build(buildThatAsks(hook)));
    t.deepEqual([failure.plugin, failure.code], ['culprit', 'PLUGIN_FAILED']);
    t.regex(failure.message, what);
  },
  title: (title) => `${title} that fails is blamed on the plugin that brought it`,
});
const snapshots = { unpack: async () => null, open: async () => ({ root: '/', [Symbol.asyncDispose]: async () => undefined }) };
const starting = (parts: object) => ({ name: 'bad', start: () => ({ ...snapshots, ...parts }), settle: boom });
test('a snapshotter', blamed, 'snapshotter', { name: 'bad', start: boom }, /snapshotter "bad": boom/);
test('unpacking', blamed, 'snapshotter', starting({ unpack: boom }), /snapshotter "bad": boom/);
test('capturing', blamed, 'snapshotter', starting({ capture: boom }), /snapshotter "bad": boom/);
test('a transport', blamed, 'transport', { name: 'bad', resolve: boom }, /transport "bad": boom/);
test('an exporter', blamed, 'exporter', { name: 'bad', export: boom }, /exporter "bad": boom/);

test('an executor that fails is blamed on the plugin that brought it', async (t) => {
  const running = plugin('running', ({ hooks }) =>
    hooks.handler.tap(async (step) =>
      step.kind !== 'toy-ask'
        ? undefined
        : {
            fingerprint: async () => ({}),
            execute: async (_, scope) => {
              await (await scope.executor()).run({} as never, {} as never);
              return { kind: 'workspace' };
            },
          },
    ),
  );
  const executor = { name: 'bad', capabilities: { networks: [], isolated: false }, run: boom };
  await using kernel = kernelOf(...preset(running, bringing('executor', executor)));
  const failure = await failureOf(() => kernel.build(buildThatAsks('executor')));
  t.is(failure.plugin, 'culprit');
  t.regex(failure.message, /executor "bad": boom/);
});

test('of several event taps that fail each is named', async (t) => {
  const seen: string[] = [];
  await using kernel = kernelOf(
    ...preset(
      plugin('culprit-1', ({ hooks }) => hooks.event.tap(boom)),
      plugin('culprit-2', ({ hooks }) => hooks.event.tap(boom)),
      plugin('watcher', ({ hooks }) => hooks.event.tap(async (event) => void (event.type === 'warning' && seen.push(event.message)))),
    ),
  );
  await kernel.build(oneBuild);
  t.deepEqual(seen.map((message) => message.split(' ')[0]).toSorted(), ['culprit-1', 'culprit-2']);
});
