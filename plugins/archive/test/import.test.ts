import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { parseConfigFile } from '@varve/core/image';
import { temporaryDir } from '@varve/core/testing';
import test from 'ava';
import { importCommand } from '../src/import-command.ts';
import { importRootfs } from '../src/import-rootfs.ts';
import { collect, openStore, readFileStream, run, runCommand, sampleLayer } from './archive-bench.ts';

const tar = async (): Promise<Buffer> => await collect(sampleLayer('rootfs').tar());

test('a tar becomes an image of one layer, which is that tar byte for byte', async (t) => {
  const store = openStore(t, temporaryDir(t));
  const record = await importRootfs(Readable.from([await tar()]), store, { names: ['docker.io/acme/base:1.0'] });
  const image = await store.images.open(record);
  t.is(image.layers.length, 1);
  t.deepEqual(await collect(image.layers[0]?.tar() ?? t.fail()), await tar());
  t.deepEqual(record.names, ['docker.io/acme/base:1.0']);
});

test('a tar that GNU tar wrote keeps its bytes too, its padding included', async (t) => {
  const dir = temporaryDir(t);
  writeFileSync(join(dir, 'file'), 'text');
  await run('tar', ['cf', join(dir, 'x.tar'), '-C', dir, './file']);
  const store = openStore(t, temporaryDir(t));
  const image = await store.images.open(await importRootfs(readFileStream(join(dir, 'x.tar')), store));
  t.deepEqual(await collect(image.layers[0]?.tar() ?? t.fail()), await collect(readFileStream(join(dir, 'x.tar'))));
});

const compressed = test.macro({
  async exec(t, program: string) {
    const dir = temporaryDir(t);
    writeFileSync(join(dir, 'x'), await tar());
    await run('sh', ['-c', '"$1" -c < "$2" > "$2.z"', 'sh', program, join(dir, 'x')]);
    const store = openStore(t, temporaryDir(t));
    const [plain, squeezed] = [
      await importRootfs(Readable.from([await tar()]), store, { created: new Date(0) }),
      await importRootfs(readFileStream(join(dir, 'x.z')), store, { created: new Date(0) }),
    ];
    t.is(squeezed.descriptor.digest, plain.descriptor.digest);
  },
  title: (_, program) => `a tar compressed with ${program} gives the same image as the plain one`,
});
for (const program of ['gzip', 'zstd', 'xz', 'bzip2']) test(compressed, program);

test('the configuration is docker’s: times, platform, comment, and what --change says', async (t) => {
  const store = openStore(t, temporaryDir(t));
  const record = await importRootfs(Readable.from([await tar()]), store, {
    changes: ['CMD ["sh"]', 'ENV A=1'],
    created: new Date(1e12),
    platform: { os: 'linux', architecture: 'arm64' },
  });
  const { rootfs: _, ...config } = parseConfigFile(await store.content.readAll(record.id));
  t.deepEqual(config, {
    architecture: 'arm64',
    os: 'linux',
    created: '2001-09-09T01:46:40.000Z',
    config: { Cmd: ['sh'], Env: ['A=1'] },
    history: [{ created: '2001-09-09T01:46:40.000Z', comment: 'Imported from -' }],
  });
});

test('varve import prints the ID, and takes name, changes and message', async (t) => {
  const dir = temporaryDir(t);
  writeFileSync(join(dir, 'x.tar'), await tar());
  const store = openStore(t, temporaryDir(t));
  const { stdout, code } = await runCommand(importCommand, store, {
    positionals: [join(dir, 'x.tar'), 'acme/base'],
    values: { change: ['ENV A=1', 'USER me'], message: 'made by hand' },
  });
  const record = await store.images.find('acme/base:latest');
  t.deepEqual([code, stdout], [0, `${record?.id}\n`]);
  const { config, history } = parseConfigFile(await store.content.readAll(record?.id ?? t.fail()));
  t.deepEqual([config, history[0]?.comment], [{ Env: ['A=1'], User: 'me' }, 'made by hand']);
});

test('varve import reads stdin, and without a name the image has none', async (t) => {
  const store = openStore(t, temporaryDir(t));
  await runCommand(importCommand, store, { positionals: ['-'], stdin: Readable.from([await tar()]) });
  t.deepEqual(
    (await store.images.list()).map(({ names }) => names),
    [[]],
  );
});

const refused = test.macro({
  async exec(t, bytes: () => Promise<Buffer>, code: RegExp) {
    const store = openStore(t, temporaryDir(t));
    const failure = await t.throwsAsync<Error & { code: string }>(
      importRootfs(Readable.from([await bytes()], { objectMode: true }), store),
    );
    t.regex(failure?.code ?? '', code);
    t.deepEqual(await store.images.list(), []);
  },
  title: (name) => `no image is made of ${name}`,
});
test('nothing', refused, async () => Buffer.alloc(0), /^ARCHIVE_INVALID$/);
test('text', refused, async () => Buffer.from('no tar '.repeat(200)), /^TAR_INVALID$/);
test('a tar that ends too early', refused, async () => (await tar()).subarray(0, 4000), /^TAR_TRUNCATED$/);
test('gzip that ends too early', refused, async () => gzipSync(await tar()).subarray(0, 50), /^COMPRESSION_CORRUPT$/);

test('an address is refused with what to do', async (t) => {
  const failure = await t.throwsAsync<Error & { hint: string }>(
    runCommand(importCommand, openStore(t, temporaryDir(t)), { positionals: ['http://user:secret@127.0.0.1/x.tar'] }),
    { code: 'USAGE' },
  );
  t.false(failure?.message.includes('secret'));
});

test('a file that is not there is ARCHIVE_UNREADABLE', async (t) => {
  await t.throwsAsync(runCommand(importCommand, openStore(t, temporaryDir(t)), { positionals: ['/nowhere.tar'] }), {
    code: 'ARCHIVE_UNREADABLE',
  });
});

test('a directory is refused with the way to pack it', async (t) => {
  const failure = await t.throwsAsync<Error & { hint: string }>(
    runCommand(importCommand, openStore(t, temporaryDir(t)), { positionals: [temporaryDir(t)] }),
    { code: 'ARCHIVE_UNREADABLE' },
  );
  t.regex(failure?.hint ?? '', /tar -C/);
});
