import { chmodSync, mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import test from 'ava';
import { mustRun, type Outcome, Workbench } from './helpers/varve.ts';

/** An error for people: says what and where, never where in our code; the exit code is not 0. */
function isClear(
  t: { true(value: boolean, message?: string): void; regex(text: string, like: RegExp): void },
  outcome: Outcome,
  like: RegExp,
): void {
  t.true(outcome.code !== 0);
  t.regex(outcome.stderr, like);
  t.true(!/\n\s+at .*[:(]\d+:\d+/.test(outcome.stderr), `a stack trace:\n${outcome.stderr}`);
  t.true(!/undefined|\[object/.test(outcome.stderr), outcome.stderr);
}

interface Broken {
  readonly dockerfile?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}
const fails = (title: string, { dockerfile, files = {}, args = [] }: Broken, like: RegExp, code = 1) =>
  test.serial(`a build fails clearly: ${title}`, async (t) => {
    t.timeout(120_000);
    using bench = new Workbench();
    await bench.importBusybox();
    const before = await bench.must(['images', '--no-trunc']);
    mkdirSync(bench.path('context'));
    bench.write({ ...files, ...(dockerfile !== undefined && { Dockerfile: dockerfile }) }, 'context');
    const outcome = await bench.varve(['build', '--progress=plain', '-t', 'x', ...args, 'context']);
    isClear(t, outcome, like);
    t.is(outcome.code, code);
    t.is(await bench.must(['images', '--no-trunc']), before);
  });
fails('no Dockerfile', {}, /Dockerfile/);
fails('an empty Dockerfile', { dockerfile: '' }, /file with no instructions/);
fails('comments only', { dockerfile: '# nothing\n' }, /file with no instructions/);
fails(
  'an unknown instruction',
  { dockerfile: 'FROM busybox\nRNU true\n' },
  /Dockerfile:2[\s\S]*unknown instruction: RNU \(did you mean RUN\?\)/,
);
fails('an unknown base', { dockerfile: 'FROM acme/nothing-here:1\n' }, /Dockerfile:1[\s\S]*acme\/nothing-here:1/);
fails(
  'a missing COPY source',
  { dockerfile: 'FROM busybox\nCOPY fiel /\n', files: { file: '' } },
  /Dockerfile:2[\s\S]*"\/fiel": not found/,
);
fails('a path that leaves the context', { dockerfile: 'FROM busybox\nCOPY ../../etc/passwd /\n' }, /"\/etc\/passwd": not found/);
fails('a RUN that fails', { dockerfile: 'FROM busybox\nRUN echo told && exit 42\n' }, /told[\s\S]*Dockerfile:2[\s\S]*exit code: 42/, 42);
fails('an unknown driver', { dockerfile: 'FROM busybox\nRUN true\n', args: ['--storage', 'zfs'] }, /"zfs"/);
fails('an unknown executor', { dockerfile: 'FROM busybox\nRUN true\n', args: ['--executor', 'vm'] }, /"vm"/);
fails('an unknown option', { dockerfile: 'FROM busybox\n', args: ['--sqaush'] }, /--sqaush[\s\S]*--squash/, 2);
fails('an unknown target', { dockerfile: 'FROM busybox AS build\n', args: ['--target', 'biuld'] }, /biuld[\s\S]*did you mean build/);

test.serial('a symlink of the context that points outside does not show what is there', async (t) => {
  using bench = new Workbench();
  bench.write({ 'secret/file': 'secret', 'context/Dockerfile': 'FROM scratch\nCOPY link/file /\n' });
  await mustRun('ln', ['-s', '../secret', bench.path('context/link')]);
  isClear(t, await bench.varve(['build', 'context']), /not found/);
});

test.serial('what came before a failing RUN is cached, and the corrected build resumes after it', async (t) => {
  t.timeout(120_000);
  using bench = new Workbench();
  await bench.importBusybox();
  bench.write({ 'context/file': 'x', 'context/Dockerfile': 'FROM busybox\nCOPY file /\nRUN echo first > /first\nRUN exit 3\n' });
  t.is((await bench.varve(['build', 'context'])).code, 3);
  bench.write({ 'context/Dockerfile': 'FROM busybox\nCOPY file /\nRUN echo first > /first\nRUN cat /first\n' });
  const { code, stderr } = await bench.varve(['build', '--progress=plain', 'context']);
  t.is(code, 0);
  t.is(stderr.match(/CACHED/g)?.length, 2);
});

test.serial('a build that is not root and must run something says so, and what to do', async (t) => {
  t.timeout(120_000);
  using bench = new Workbench();
  await bench.importBusybox();
  bench.write({ 'context/Dockerfile': 'FROM busybox\nRUN true\n' });
  await mustRun('chown', ['-R', '65534:65534', bench.folder]);
  isClear(t, await bench.varve(['build', '--progress=plain', 'context'], { uid: 65534, env: { HOME: bench.folder } }), /root/);
});

for (const [title, make, like] of [
  ['truncated', (file: string) => truncateSync(file, 100_000), /truncated|TAR_TRUNCATED|unexpected end/i],
  ['not a tar', (file: string) => writeFileSync(file, 'x'.repeat(5000)), /not a tar|TAR_INVALID|ARCHIVE_INVALID/i],
] as const)
  test.serial(`load and import refuse an archive that is ${title}, and the store stays as it was`, async (t) => {
    t.timeout(120_000);
    using bench = new Workbench();
    await bench.importBusybox();
    const file = bench.path('archive.tar');
    await bench.must(['save', '-o', file, 'busybox']);
    const before = readdirSync(bench.path('root/blobs/sha256')).sort();
    make(file);
    isClear(t, await bench.varve(['load', '-i', file]), like);
    isClear(t, await bench.varve(['import', file, 'x']), like);
    t.deepEqual(readdirSync(bench.path('root/blobs/sha256')).sort(), before);
  });

test.serial('a corrupt blob is named, with what to do', async (t) => {
  t.timeout(120_000);
  using bench = new Workbench();
  await bench.importBusybox();
  const [image] = JSON.parse(await bench.must(['inspect', 'busybox']));
  const [layer] = image.RootFS.Layers;
  const file = bench.path('root/blobs/sha256', layer.slice('sha256:'.length));
  chmodSync(file, 0o600);
  await mustRun('dd', ['if=/dev/urandom', `of=${file}`, 'bs=1', 'count=512', 'seek=100000', 'conv=notrunc']);
  isClear(
    t,
    await bench.varve(['save', '-o', bench.path('out.tar'), 'busybox']),
    new RegExp(`${layer.slice(0, 19)}[\\s\\S]*corrupt|corrupt[\\s\\S]*${layer.slice(0, 19)}`),
  );
  t.false(readdirSync(bench.folder).includes('out.tar'));
});

/** A small filesystem of its own below the bench. */
async function withDisk(bench: Workbench, options: string, use: (at: string) => Promise<void>): Promise<void> {
  const at = bench.path('disk');
  mkdirSync(at);
  await mustRun('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', at]);
  try {
    await use(at);
  } finally {
    await mustRun('umount', [at]);
  }
}

test.serial('a full disk is an error that says so, and the store is whole afterwards', async (t) => {
  t.timeout(120_000);
  using bench = new Workbench();
  await bench.importBusybox();
  bench.write({ 'context/Dockerfile': 'FROM scratch\nCOPY big /\n', 'context/big': Buffer.alloc(20 << 20, 7) });
  await withDisk(bench, 'size=8m', async (at) => {
    isClear(t, await bench.varve(['--root', at, 'build', '-t', 'x', 'context']), /no space|full/i);
    const { code, stdout } = await bench.varve(['--root', at, 'images', '-q']);
    t.deepEqual([code, stdout], [0, '']);
    t.deepEqual(readdirSync(`${at}/tmp`), []);
  });
});

test.serial('a read-only disk is an error that says so', async (t) => {
  using bench = new Workbench();
  bench.write({ 'context/Dockerfile': 'FROM scratch\nCOPY file /\n', 'context/file': 'x' });
  await withDisk(bench, 'ro', async (at) => isClear(t, await bench.varve(['--root', at, 'build', '-t', 'x', 'context']), /read-only/i));
});

test.serial('an unknown plugin in the configuration is named', async (t) => {
  using bench = new Workbench();
  bench.write({ 'varve.config.json': JSON.stringify({ plugins: ['@acme/varve-nothing'] }) });
  isClear(t, await bench.varve(['images']), /@acme\/varve-nothing/);
});

test.serial('Ctrl-C ends the running process, undoes the mounts and shows nothing half-done', async (t) => {
  t.timeout(120_000);
  using bench = new Workbench();
  await bench.importBusybox();
  bench.write({ 'context/Dockerfile': 'FROM busybox\nRUN echo started && sleep 9871\n' });
  const controller = new AbortController();
  const running = bench.varve(['build', '--progress=plain', '-t', 'x', 'context'], { signal: controller.signal });
  const isSleeping = async () => (await mustRun('ps', ['-eo', 'args'])).includes('sleep 9871');
  while (!(await isSleeping())) await new Promise((done) => setTimeout(done, 50));
  controller.abort();
  const outcome = await running;
  isClear(t, outcome, /stopped/);
  t.false(await isSleeping());
  t.false((await mustRun('cat', ['/proc/self/mounts'])).includes(bench.root));
  t.is(await bench.must(['images', '-q', 'x']), '');
});
