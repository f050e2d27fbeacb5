import test from 'ava';
import { type ImageIndex, imagesOf, type Platform } from '../../image/index.ts';
import { type AnyPlugin, type BuildEvent, type BuildRequest, type Exporter, type Plan, VarveError } from '../../src/index.ts';
import { failureOf, kernelOf, plugin, preset, stage, write } from './helpers.ts';
import { planSource, WriteHandler, writeSteps } from './toys.ts';

const [amd64, arm64]: readonly Platform[] = [
  { os: 'linux', architecture: 'amd64' },
  { os: 'linux', architecture: 'arm64' },
];
const platforms = [arm64, amd64] as readonly Platform[];
const own: Plan = { stages: [stage('main', write('a'))], target: 'main' };
/** A stage on one platform, and above it what is for each. */
const cross: Plan = {
  stages: [
    { ...stage('build', write('built')), platform: amd64 },
    stage('main', { ...write('b'), inputs: [{ kind: 'stage', name: 'build' }] }),
  ],
  target: 'main',
};

function workshop(...more: readonly AnyPlugin[]) {
  const [handler, events] = [new WriteHandler(), [] as BuildEvent[]];
  const watcher = plugin('watcher', ({ hooks }) => hooks.event.tap(async (event) => void events.push(event)));
  const kernel = kernelOf(
    ...preset(...more, watcher, writeSteps(handler)).filter((one, i, all) => all.findIndex(({ name }) => name === one.name) === i),
  );
  const build = (plan: Plan, request: Partial<BuildRequest> = {}) => kernel.build({ source: planSource(plan), platforms, ...request });
  return { build, handler, events };
}
const seen = (events: readonly BuildEvent[], type: BuildEvent['type']) =>
  events.flatMap((event) => (event.type === type && 'step' in event ? [`${event.platform} ${event.step.title}`] : [])).sort();

test('each platform has an image, in the order asked for, each platform once', async (t) => {
  const { build } = workshop();
  const { index, descriptor, id } = await build(own, { platforms: [...platforms, ...platforms] });
  if (index === undefined) throw new Error('there is no index');
  const images = await Promise.all(imagesOf(index).map((entry) => entry.image()));
  t.deepEqual(
    images.map(({ config }) => config.architecture),
    ['arm64', 'amd64'],
  );
  t.deepEqual([descriptor, id], [await index.descriptor(), descriptor.digest]);
});

test('one platform in the list makes an image and no index', async (t) => {
  const { build } = workshop();
  const { image, index, id } = await build(own, { platforms: platforms.slice(0, 1) });
  t.deepEqual([index, image.config.architecture, id], [undefined, 'arm64', await image.id()]);
});

test('a stage for one platform is done once for all, others for each', async (t) => {
  const { build, handler, events } = workshop();
  await build(cross);
  t.is(handler.executed, 3);
  t.deepEqual(
    seen(events, 'step-started').filter((text) => text.endsWith('b')),
    ['linux/amd64 write b', 'linux/arm64 write b'],
  );
  t.is(seen(events, 'step-cached').length, 1);
});

test('the cache knows each platform’s steps the next time', async (t) => {
  const { build, handler } = workshop();
  const first = await build(own);
  const second = await build(own);
  t.is(handler.executed, 2);
  t.is(second.descriptor.digest, first.descriptor.digest);
});

test('events say whose they are, but for those of the build as a whole', async (t) => {
  const { build, events } = workshop();
  await build(own);
  const whole = events.filter(({ platform }) => platform === undefined).map(({ type }) => type);
  t.deepEqual(whole, ['build-started', 'build-finished']);
  events.length = 0;
  await build(own, { platforms: undefined });
  t.deepEqual(
    events.filter(({ platform }) => platform !== undefined),
    [],
  );
});

test('what is said of every platform is said once', async (t) => {
  const warning = plugin('warning', ({ hooks }) =>
    hooks.handler.tap(async () => ({
      fingerprint: async (_, { build, warn }) => {
        warn({ code: 'TOY', message: 'of all' });
        warn({ code: 'TOY', message: `of ${build.platform.architecture}` });
        return undefined;
      },
      execute: async (_, { config }) => ({ kind: 'config', config }),
    })),
  );
  const { build, events } = workshop(warning);
  await build(own);
  const said = events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));
  t.deepEqual(said.sort(), ['of all', 'of amd64', 'of arm64']);
});

const failsOn = (platform: string, where: 'plan' | 'step'): AnyPlugin =>
  plugin('failing', ({ hooks }) => {
    const fail = (architecture: string) => {
      if (architecture === platform)
        throw new VarveError('TOY_FAILED', 'no such luck', { exitCode: 3, source: { file: 'f', startLine: 1, endLine: 1 } });
    };
    if (where === 'plan')
      hooks.plan.tap(async (plan, build) => {
        fail(build.platform.architecture);
        return plan;
      });
    else
      hooks.image.tap(async (image, build) => {
        fail(build.platform.architecture);
        return image;
      });
  });

for (const where of ['plan', 'step'] as const)
  test(`a platform that fails in its ${where === 'plan' ? 'plan' : 'work'} fails the build, and says whose failure it is`, async (t) => {
    const { build } = workshop(failsOn('arm64', where));
    const failure = await failureOf(() => build(own));
    t.deepEqual(
      [failure.code, failure.message, failure.exitCode, failure.plugin],
      ['TOY_FAILED', 'linux/arm64: no such luck', 3, 'failing'],
    );
    t.is(failure.source?.file, 'f');
  });

test('no step of any platform is done before all are planned', async (t) => {
  const { build, handler, events } = workshop(failsOn('amd64', 'plan'));
  await failureOf(() => build(own));
  t.deepEqual([handler.executed, seen(events, 'step-started')], [0, []]);
});

test('a step that fails for two platforms is told once', async (t) => {
  const broken = plugin('broken', ({ hooks }) =>
    hooks.handler.tap(async ({ title }) =>
      title !== 'write built'
        ? undefined
        : {
            fingerprint: async () => ({}),
            execute: async () => {
              await new Promise((resolve) => setImmediate(resolve));
              throw new VarveError('TOY_FAILED', 'no such luck');
            },
          },
    ),
  );
  const { build, events } = workshop(broken);
  const failure = await failureOf(() => build(cross));
  t.regex(failure.message, /^linux\/a[a-z0-9]+: no such luck$/);
  const failed = events.flatMap((event) => (event.type === 'step-failed' ? [event.code] : []));
  t.deepEqual(failed.sort(), ['STEP_STOPPED', 'TOY_FAILED']);
});

const exporting = (exporter: Exporter): AnyPlugin => plugin('toy-exporter', ({ hooks }) => hooks.exporter.tap(async () => exporter));

test('an exporter that knows of one platform only is refused before anything is done', async (t) => {
  const { build, handler } = workshop(exporting({ name: 'single', export: async () => ({ exporter: 'single' }) }));
  const failure = await failureOf(() => build(own, { outputs: [{ type: 'single' }] }));
  t.deepEqual([failure.code, handler.executed], ['EXPORT_SINGLE_PLATFORM', 0]);
  await t.notThrowsAsync(build(own, { outputs: [{ type: 'single' }], platforms: platforms.slice(0, 1) }));
});

test('an exporter that knows of indexes gets one, with the annotations of the index and of each image', async (t) => {
  const got: ImageIndex[] = [];
  const exporter: Exporter = {
    name: 'many',
    export: async () => ({ exporter: 'many' }),
    exportIndex: async (index) => {
      got.push(index);
      return { exporter: 'many' };
    },
  };
  const { build } = workshop(exporting(exporter));
  await build(own, {
    outputs: [{ type: 'many' }],
    annotations: { of: 'all' },
    platformAnnotations: { 'linux/arm64': { of: 'one' } },
    indexAnnotations: { of: 'index' },
  });
  const [index] = got;
  if (index === undefined) throw new Error('nothing was exported');
  const file = JSON.parse(Buffer.from(await index.indexBytes()).toString());
  const images = await Promise.all(imagesOf(index).map((entry) => entry.image()));
  t.deepEqual([file.annotations, ...images.map(({ annotations }) => annotations)], [{ of: 'index' }, { of: 'one' }, { of: 'all' }]);
});
