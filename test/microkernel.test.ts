import { type AnyPlugin, type BuildRequest, createKernel, VarveError } from '@varve/core';
import test from 'ava';
import { loadPreset } from './helpers/preset.ts';
import { Workbench } from './helpers/varve.ts';

/** What a build of `text` fails with on the preset without one plugin; `undefined` when it does not. */
async function failureWithout(name: string, { text, storage, options, outputs, cacheTo }: Case): Promise<VarveError | undefined> {
  using bench = new Workbench();
  await bench.importBusybox();
  const context = bench.write({ file: 'x' }, 'context');
  const plugins = (await loadPreset()).filter((plugin: AnyPlugin) => plugin.name !== name);
  await using kernel = createKernel({ root: bench.root, plugins });
  try {
    const source = { file: 'Dockerfile', text: async () => text };
    await kernel.build({
      source,
      context,
      storage,
      options,
      cacheTo,
      outputs: outputs ?? [{ type: 'image', names: ['docker.io/library/x:latest'] }],
    });
    return undefined;
  } catch (failure) {
    if (VarveError.is(failure)) return failure;
    throw failure;
  }
}
interface Case {
  readonly text: string;
  readonly storage?: string;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly cacheTo?: BuildRequest['cacheTo'];
  readonly outputs?: readonly { readonly type: string; readonly dest?: string }[];
}

const COPY = 'FROM scratch\nCOPY file /\n';
const RUN = 'FROM busybox\nRUN true\n';
const TWO = 'FROM scratch AS one\nCOPY file /\nFROM scratch\nCOPY --from=one /file /\n';

const missing = test.macro({
  async exec(t, name: string, needing: Case, code: string, says: RegExp) {
    t.timeout(120_000);
    const failure = await failureWithout(name, needing);
    t.is(failure?.code, code);
    t.regex(`${failure?.message}\n${failure?.hint}`, says);
    t.truthy(failure?.hint);
  },
  title: (_, name: string, __: Case, code: string) => `without ${name} what needs it fails with ${code}`,
});
test.serial(missing, '@varve/frontend-dockerfile', { text: COPY }, 'FRONTEND_NONE', /frontend/);
test.serial(missing, '@varve/multi-stage', { text: TWO }, 'PLAN_STAGES', /multi-stage/);
test.serial(missing, '@varve/steps', { text: COPY }, 'STEP_UNKNOWN', /"copy" steps/);
test.serial(missing, '@varve/snapshot', { text: RUN }, 'SNAPSHOTTER_NONE', /snapshot plugin/);
test.serial(missing, '@varve/store-local', { text: COPY }, 'NOT_PROVIDED', /layer-store/);
test.serial(missing, '@varve/storage-overlay2', { text: RUN, storage: 'overlay2' }, 'HOST_UNSUPPORTED', /storage driver called "overlay2"/);
test.serial(missing, '@varve/storage-vfs', { text: RUN, storage: 'vfs' }, 'HOST_UNSUPPORTED', /storage driver called "vfs"/);
test.serial(
  missing,
  '@varve/archive',
  { text: COPY, outputs: [{ type: 'oci', dest: '/nonexistent/x.tar' }] },
  'EXPORTER_NONE',
  /type "oci"/,
);

test.serial(
  missing,
  '@varve/build-cache',
  { text: COPY, cacheTo: [{ type: 'inline', attributes: {} }] },
  'CACHE_NONE',
  /build-cache plugin/,
);

const harmless = test.macro({
  async exec(t, name: string, text: string) {
    t.timeout(120_000);
    t.is(await failureWithout(name, { text }), undefined);
  },
  title: (_, name: string, text: string) => `without ${name} this still builds: ${JSON.stringify(text)}`,
});
test.serial(harmless, '@varve/multi-stage', RUN);
test.serial(harmless, '@varve/steps', 'FROM busybox\n');
test.serial(harmless, '@varve/snapshot', COPY);
test.serial(harmless, '@varve/storage-overlay2', RUN);
test.serial(harmless, '@varve/storage-vfs', RUN);
test.serial(harmless, '@varve/executor-oci', RUN);
test.serial(harmless, '@varve/executor-namespaces', RUN);
test.serial(harmless, '@varve/executor-chroot', RUN);
test.serial(harmless, '@varve/squash', TWO);
test.serial(harmless, '@varve/archive', TWO);
test.serial(harmless, '@varve/progress', TWO);
test.serial(harmless, '@varve/registry-hub', TWO);
test.serial(harmless, '@varve/build-cache', TWO);
