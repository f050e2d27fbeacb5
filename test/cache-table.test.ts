import { chmodSync, chownSync, existsSync, lutimesSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildEvent, type BuildRequest, createKernel, definePlugin, type Kernel } from '@varve/core';
import test from 'ava';
import { loadPreset } from './helpers/preset.ts';
import { Workbench } from './helpers/varve.ts';

type Request = Partial<Omit<BuildRequest, 'source' | 'context'>>;

interface Row {
  readonly before: readonly string[];
  /** What is another line; without it the build file stays. */
  readonly after?: readonly string[];
  /** Something done to the context between the builds. */
  readonly change?: (context: string) => void;
  readonly requests?: readonly [before: Request, after: Request];
  /** Of each step of the second build that makes a layer, in the order of the build file. */
  readonly expected: string;
}

/** Everything that a context may have; made anew for each row. */
function writeContext(bench: Workbench, row: number): string {
  const context = `context-${row}`;
  const files = { row: `row ${row}`, 'dir/a': 'a', 'dir/b': 'b', 'dir/ignored.log': 'log', other: 'other', '.dockerignore': '**/*.log\n' };
  bench.write(files, context);
  symlinkSync('a', bench.path(context, 'dir/link'));
  return bench.path(context);
}
const overwrite = (name: string, text: string) => (context: string) => writeFileSync(join(context, name), text);
const args = (before: Record<string, string>, after: Record<string, string>): NonNullable<Row['requests']> => [
  { args: before },
  { args: after },
];

const COPY = ['COPY dir /dir', 'RUN cat /dir/a /dir/b > /both'];
/** A stage whose command is another one each time, and what is copied from it. */
const made = (command: string, copy = 'COPY --from=tool /out /out'): readonly string[] => [`RUN ${command}`, 'FROM row', copy];
const OUT = 'mkdir /out && echo file > /out/file';

const CONTEXT: Readonly<Record<string, Row>> = {
  'nothing is another': { before: COPY, expected: 'hit hit' },
  'a file has other content': { before: COPY, change: overwrite('dir/a', 'A'), expected: 'miss miss' },
  'a file has the same content again': {
    before: COPY,
    change(context) {
      rmSync(join(context, 'dir/a'));
      overwrite('dir/a', 'a')(context);
    },
    expected: 'hit hit',
  },
  'a file has another mode': { before: COPY, change: (context) => chmodSync(join(context, 'dir/a'), 0o755), expected: 'miss miss' },
  'a file has another owner here': {
    before: COPY,
    change: (context) => chownSync(join(context, 'dir/a'), 1000, 1000),
    expected: 'hit hit',
  },
  'files have other times': {
    before: COPY,
    change(context) {
      for (const name of ['dir/a', 'dir', '']) utimesSync(join(context, name), 1, 1);
      lutimesSync(join(context, 'dir/link'), 1, 1);
    },
    expected: 'hit hit',
  },
  'there is one more file': { before: COPY, change: overwrite('dir/c', 'c'), expected: 'miss miss' },
  'there is a file less': { before: COPY.slice(0, 1), change: (context) => rmSync(join(context, 'dir/b')), expected: 'miss' },
  'a file has another name': {
    before: COPY.slice(0, 1),
    change: (context) => renameSync(join(context, 'dir/b'), join(context, 'dir/c')),
    expected: 'miss',
  },
  'a link leads elsewhere': {
    before: COPY,
    change(context) {
      rmSync(join(context, 'dir/link'));
      symlinkSync('b', join(context, 'dir/link'));
    },
    expected: 'miss miss',
  },
  'an ignored file is another': { before: COPY, change: overwrite('dir/ignored.log', 'LOG'), expected: 'hit hit' },
  'a file that nobody copies is another': { before: COPY, change: overwrite('other', 'OTHER'), expected: 'hit hit' },
  'a file that no wildcard meets is another': { before: ['COPY dir/[ab] /'], change: overwrite('dir/c', 'c'), expected: 'hit' },
  'sources have another order': { before: ['COPY dir/a dir/b /to/'], after: ['COPY dir/b dir/a /to/'], expected: 'miss' },
  'the destination is another': { before: ['COPY dir /a'], after: ['COPY dir /b'], expected: 'miss' },
  '--chown is another': { before: ['COPY --chown=1 dir /a'], after: ['COPY --chown=2 dir /a'], expected: 'miss' },
  '--chmod is another': { before: ['COPY --chmod=700 dir /a'], after: ['COPY --chmod=755 dir /a'], expected: 'miss' },
  'a here-document has other content': { before: ['COPY <<f /f', 'a', 'f'], after: ['COPY <<f /f', 'b', 'f'], expected: 'miss' },
  'WORKDIR is another': { before: ['WORKDIR /a', 'COPY dir b'], after: ['WORKDIR /c', 'COPY dir b'], expected: 'miss miss' },
};

const PROCESS: Readonly<Record<string, Row>> = {
  'a command is another': { before: ['RUN echo a', ...COPY], after: ['RUN echo b', ...COPY], expected: 'miss miss miss' },
  'a comment, a label, a port, a command to start are others': {
    before: ['RUN echo a', 'LABEL a=b', 'EXPOSE 1', 'CMD ["a"]', 'RUN echo b'],
    after: ['# comment', 'RUN echo a', 'LABEL a=c', 'EXPOSE 2', 'CMD ["b"]', 'STOPSIGNAL 9', 'RUN echo b'],
    expected: 'hit hit',
  },
  'steps have another order': { before: ['RUN echo a', 'RUN echo b'], after: ['RUN echo b', 'RUN echo a'], expected: 'miss miss' },
  'a step is added at the end': { before: ['RUN echo a'], after: ['RUN echo a', 'RUN echo b'], expected: 'hit miss' },
  'an argument that no command uses is another': {
    before: ['ARG unused', 'COPY dir /dir', 'RUN echo a'],
    requests: args({ unused: '1' }, { unused: '2' }),
    expected: 'hit miss',
  },
  'an argument that a command uses is another': {
    before: ['RUN echo before', 'ARG used', 'RUN echo $used'],
    requests: args({ used: '1' }, { used: '2' }),
    expected: 'hit miss',
  },
  'an argument that a copy uses is another': {
    before: ['ARG used', 'COPY dir /$used'],
    requests: args({ used: '1' }, { used: '2' }),
    expected: 'miss',
  },
  'the default of an argument that is given is another': {
    before: ['ARG used=1', 'RUN echo $used'],
    after: ['ARG used=2', 'RUN echo $used'],
    requests: args({ used: '3' }, { used: '3' }),
    expected: 'hit',
  },
  'an argument that nobody declares is another': {
    before: ['RUN echo a'],
    requests: args({ undeclared: '1' }, { undeclared: '2' }),
    expected: 'hit',
  },
  'a proxy that nobody declares is another': {
    before: ['RUN echo a'],
    requests: args({ HTTP_PROXY: 'http://a' }, { HTTP_PROXY: 'http://b' }),
    expected: 'hit',
  },
  'a declared proxy is another': {
    before: ['ARG HTTP_PROXY', 'RUN echo a'],
    requests: args({ HTTP_PROXY: 'http://a' }, { HTTP_PROXY: 'http://b' }),
    expected: 'miss',
  },
  'ENV before a command is another': {
    before: ['ENV a=1', 'COPY dir /dir', 'RUN echo a'],
    after: ['ENV a=2', 'COPY dir /dir', 'RUN echo a'],
    expected: 'hit miss',
  },
  'ENV comes to the same value': {
    before: ['ENV a=1 b=2', 'RUN echo a'],
    after: ['ENV a=0 b=2', 'ENV a=1', 'RUN echo a'],
    expected: 'hit',
  },
  'ENV after a command is another': { before: ['RUN echo a', 'ENV a=1'], after: ['RUN echo a', 'ENV a=2'], expected: 'hit' },
  'USER is another': { before: ['USER 1', 'COPY dir /dir', 'RUN id'], after: ['USER 2', 'COPY dir /dir', 'RUN id'], expected: 'hit miss' },
  'SHELL is another': { before: ['RUN echo a'], after: ['SHELL ["/bin/sh", "-ec"]', 'RUN echo a'], expected: 'miss' },
  'a script is another': { before: ['RUN <<e', 'echo a', 'e'], after: ['RUN <<e', 'echo b', 'e'], expected: 'miss' },
  'files that a mount shows are others': {
    before: ['RUN --mount=target=/context,source=dir ls /context'],
    change: overwrite('dir/a', 'A'),
    expected: 'miss',
  },
  'files beside those that a mount shows are others': {
    before: ['RUN --mount=target=/context,source=dir ls /context'],
    change: overwrite('other', 'OTHER'),
    expected: 'hit',
  },
  'a secret has another value': {
    before: ['RUN --mount=type=secret,id=a true'],
    requests: [{ secrets: { a: { env: 'PATH' } } }, { secrets: { a: { env: 'HOME' } } }],
    expected: 'hit',
  },
  'a secret has another name': {
    before: ['RUN --mount=type=secret,id=a true'],
    after: ['RUN --mount=type=secret,id=b true'],
    expected: 'miss',
  },
  'a cache lies elsewhere': {
    before: ['RUN --mount=type=cache,target=/a true'],
    after: ['RUN --mount=type=cache,target=/b true'],
    expected: 'miss',
  },
  'the network is another': { before: ['RUN true'], after: ['RUN --network=none true'], expected: 'miss' },
  'the base is another': {
    before: ['RUN echo for the base', 'FROM busybox', 'COPY --from=tool /row /row', 'RUN echo a'],
    after: ['RUN echo for the base', 'FROM row', 'COPY --from=tool /row /row', 'RUN echo a'],
    expected: 'hit miss miss',
  },
  'the base is called otherwise': {
    before: ['RUN echo for the base', 'FROM busybox', 'COPY --from=tool /row /row', 'RUN echo a'],
    after: ['RUN echo for the base', 'FROM docker.io/library/busybox:latest', 'COPY --from=tool /row /row', 'RUN echo a'],
    expected: 'hit hit hit',
  },
  'the working directory is another': {
    before: ['RUN mkdir /a /b', 'WORKDIR /a', 'RUN pwd'],
    after: ['RUN mkdir /a /b', 'WORKDIR /b', 'RUN pwd'],
    expected: 'hit miss miss',
  },
  'all privileges are given': {
    before: ['RUN true'],
    after: ['RUN --security=insecure true'],
    requests: [{}, { allow: ['security.insecure'] }],
    expected: 'miss',
  },
  'a mount of a stage shows other files': {
    before: ['RUN mkdir /m && echo 1 > /m/a', 'FROM row', 'RUN --mount=from=tool,source=/m,target=/m ls /m'],
    after: ['RUN mkdir /m && echo 2 > /m/a', 'FROM row', 'RUN --mount=from=tool,source=/m,target=/m ls /m'],
    expected: 'miss miss',
  },
  'a mount of a stage shows equal files': {
    before: ['RUN mkdir /m && echo a > /m/a', 'FROM row', 'RUN --mount=from=tool,source=/m,target=/m ls /m'],
    after: ['RUN mkdir /m && echo a > /m/a && echo else > /else', 'FROM row', 'RUN --mount=from=tool,source=/m,target=/m ls /m'],
    expected: 'miss hit',
  },
  'a host is added': { before: ['RUN true'], requests: [{}, { run: { addHosts: ['a:1.2.3.4'] } }], expected: 'miss' },
  'no cache is asked': { before: COPY, requests: [{}, { noCache: true }], expected: 'miss miss' },
  'no cache is asked for a stage': {
    before: ['FROM row AS other', 'RUN echo other', 'FROM tool', 'COPY --from=other /bin/sh /other', 'RUN echo a'],
    requests: [{}, { noCache: ['other'] }],
    expected: 'miss hit hit',
  },
  'times are limited to another one': { before: COPY, requests: [{ epoch: 1 }, { epoch: 2 }], expected: 'miss miss' },
  'a stage has another name': {
    before: ['RUN echo a', 'FROM tool AS a', 'RUN echo b', 'FROM a'],
    after: ['RUN echo a', 'FROM tool AS b', 'RUN echo b', 'FROM b'],
    expected: 'hit hit',
  },
};

const STAGES: Readonly<Record<string, Row>> = {
  'a stage that is copied from comes to equal files': {
    before: made(`${OUT} && echo 1`),
    after: made(`${OUT} && echo 2`),
    expected: 'miss hit',
  },
  'a stage that is copied from comes to equal files at another time': {
    before: made(`${OUT} && touch -d @1 /out/file`),
    after: made(`${OUT} && touch -d @2 /out/file`),
    expected: 'miss hit',
  },
  'a stage that is copied from has other files beside them': {
    before: made(OUT),
    after: made(`${OUT} && touch /else`),
    expected: 'miss hit',
  },
  'a stage that is copied from comes to other content': {
    before: made(OUT),
    after: made(`${OUT} && echo other > /out/file`),
    expected: 'miss miss',
  },
  'a stage that is copied from comes to another mode': {
    before: made(OUT),
    after: made(`${OUT} && chmod 700 /out/file`),
    expected: 'miss miss',
  },
  'a stage that is copied from comes to another owner': {
    before: made(OUT),
    after: made(`${OUT} && chown 1 /out/file`),
    expected: 'miss miss',
  },
  'a stage that is copied from, with --chown, comes to another owner': {
    before: made(OUT, 'COPY --chown=5 --from=tool /out /out'),
    after: made(`${OUT} && chown 1 /out/file`, 'COPY --chown=5 --from=tool /out /out'),
    expected: 'miss hit',
  },
};

/** A kernel on a store with busybox, and what became of the steps of each of its builds. */
interface Bench extends AsyncDisposable {
  readonly files: Workbench;
  build(name: string, lines: readonly string[], context: string, request?: Request): Promise<string>;
}
async function open(): Promise<Bench> {
  const files = new Workbench();
  await files.importBusybox();
  const steps = new Map<string, Map<string, string>>();
  const watch = (event: BuildEvent): void => {
    const ofBuild = steps.get(event.build) ?? new Map<string, string>();
    steps.set(event.build, ofBuild);
    const isLayer = (event.type === 'step-cached' || event.type === 'step-finished') && event.key !== undefined;
    // By their lines: independent stages run beside each other.
    if (isLayer) ofBuild.set(String(event.step.source?.startLine), event.type === 'step-cached' ? 'hit' : 'miss');
  };
  const watching = definePlugin({ name: 'watching', core: '^0.1.0', apply: ({ hooks }) => hooks.event.tap(async (event) => watch(event)) });
  const preset = (await loadPreset()).filter(({ name }) => name !== '@varve/progress');
  const kernel: Kernel = createKernel({ root: files.root, plugins: [...preset, watching] });
  return {
    files,
    async build(name, lines, context, request) {
      steps.clear();
      // The first step is of this row alone, and so is all that stands on it.
      const text = ['FROM busybox AS row', 'COPY row /row', 'FROM row AS tool', ...lines, ''].join('\n');
      await kernel.build({ source: { file: name, text: async () => text }, context, executor: 'namespaces', ...request });
      const [found] = steps.values();
      const ordered = [...(found ?? [])].sort(([a], [b]) => Number(a) - Number(b));
      return ordered.map(([, outcome]) => outcome).join(' ');
    },
    async [Symbol.asyncDispose]() {
      await kernel[Symbol.asyncDispose]();
      files[Symbol.dispose]();
    },
  };
}

let bench: Bench;
test.before(async () => {
  bench = await open();
});
test.after.always(async () => await bench?.[Symbol.asyncDispose]());

let rows = 0;
const outcome = test.macro({
  async exec(t, name: string, { before, after = before, change, requests: [first, second] = [{}, {}], expected }: Row, storage: string) {
    t.timeout(240_000);
    const context = writeContext(bench.files, rows++);
    const fresh = await bench.build(name, before, context, { storage, ...first });
    t.notRegex(fresh, /hit/, 'nothing of a row is known before it');
    change?.(context);
    t.is(await bench.build(name, after, context, { storage, ...second }), `hit ${expected}`.replace(...isWhole(second)));
  },
  title: (_, name: string, { expected }: Row, storage: string) => `${expected}: ${name}, on ${storage}`,
});
/** Requests of which the row's own first step knows nothing either. */
const isWhole = ({ noCache, epoch }: Request): [RegExp, string] => [/^hit/, noCache === true || epoch !== undefined ? 'miss' : 'hit'];

const isRoot = process.getuid?.() === 0 && existsSync('/proc/self/ns/mnt');
const rootTest = isRoot ? test.serial : test.skip;
for (const [name, row] of Object.entries({ ...CONTEXT, ...PROCESS, ...STAGES })) rootTest(outcome, name, row, 'overlay2');
// What a key says of files that a process made must not depend on how they are kept.
for (const [name, row] of Object.entries(STAGES)) rootTest(outcome, name, row, 'vfs');
