import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { readTar, type TarHeader } from '@varve/core/archive';
import test from 'ava';
import { pack } from 'tar-stream';
import { chunksOf, collect, dir, file, hardlink, indexOf, link, makeTemp, opaque, tarOf, whiteout } from './helpers.ts';

const BLOCK = 512;

interface Raw {
  readonly name?: string;
  readonly type?: string;
  readonly size?: number | Buffer;
  readonly target?: string;
  readonly magic?: string;
  readonly body?: string | Buffer;
  readonly mtime?: Buffer;
  readonly signedSum?: boolean;
}

/** One member as any tool, good or bad, might write it. */
function member({ name = 'f', type = '0', body = '', size, target = '', magic = 'ustar\x0000', mtime, signedSum }: Raw): Buffer {
  const bytes = Buffer.from(body);
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0, 'latin1');
  block.write('0000644\x000000000\x000000000\x00', 100);
  if (Buffer.isBuffer(size)) size.copy(block, 124);
  else block.write(`${(size ?? bytes.length).toString(8).padStart(11, '0')}\x00`, 124);
  if (mtime) mtime.copy(block, 136);
  else block.write('00000000001\x00', 136);
  block.write(' '.repeat(8), 148);
  block.write(type, 156);
  block.write(target, 157);
  block.write(magic, 257);
  const sum = block.reduce((total, byte) => total + (signedSum && byte > 127 ? byte - 256 : byte), 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\x00 `, 148);
  return Buffer.concat([block, bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)]);
}

const record = (key: string, value: string): string => {
  const rest = key.length + value.length + 3;
  const length = [1, 2, 3, 4, 5].map((digits) => rest + digits).find((sum) => String(sum).length + rest === sum);
  return `${length} ${key}=${value}\n`;
};
const pax = (records: string, type = 'x'): Buffer => member({ name: 'PaxHeaders/x', type, body: Buffer.from(records, 'latin1') });
const END = Buffer.alloc(2 * BLOCK);
const tar = (...members: readonly Buffer[]): Buffer => Buffer.concat([...members, END]);

async function headersOf(bytes: Buffer, size?: number): Promise<TarHeader[]> {
  const headers: TarHeader[] = [];
  await readTar(chunksOf(bytes, size), ({ body, ...header }) => void headers.push(header));
  return headers;
}

const reads = test.macro({
  async exec(t, _: string, members: readonly Buffer[], expected: Partial<TarHeader>) {
    const [header] = await headersOf(tar(...members));
    t.like(header, expected);
  },
  title: (_, claim: string) => claim,
});
const base256 = (length: number, value: bigint): Buffer => {
  const bytes = Buffer.alloc(length);
  for (let i = length - 1, rest = value; i >= 0; i--, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
  bytes[0] = (bytes[0] ?? 0) | 0x80;
  return bytes;
};

test(reads, 'a V7 header is read', [member({ magic: '', type: '\x00', body: 'x' })], { path: 'f', type: 'file', size: 1 });
test(reads, 'a V7 name with a slash at its end is a directory', [member({ magic: '', type: '\x00', name: 'd/' })], {
  path: 'd',
  type: 'directory',
});
test(reads, 'a contiguous file is a file', [member({ type: '7', body: 'x' })], { type: 'file', size: 1 });
test(reads, 'a signed checksum is right too', [member({ name: 'é', signedSum: true })], { path: '\udce9' });
test(reads, 'a base-256 size is read', [member({ size: base256(12, 3n), body: 'abc' })], { size: 3 });
test(reads, 'a base-256 time before 1970 is read', [member({ mtime: base256(12, (1n << 96n) - 5n) })], {
  mtime: { seconds: -5, nanoseconds: 0 },
});
test(reads, 'a GNU long name is read', [member({ type: 'L', body: `${'n'.repeat(200)}\x00` }), member({})], { path: 'n'.repeat(200) });
test(reads, 'a GNU long link is read', [member({ type: 'K', body: `${'t'.repeat(200)}\x00` }), member({ type: '2', target: 'x' })], {
  type: 'symlink',
  target: 't'.repeat(200),
});
test(reads, 'a PAX path counts more than the header', [pax(record('path', 'other')), member({})], { path: 'other' });
test(reads, 'a global PAX record counts', [pax(record('uid', '7'), 'g'), member({})], { uid: 7 });
test(reads, 'a local PAX record counts more than a global one', [pax(record('uid', '7'), 'g'), pax(record('uid', '8')), member({})], {
  uid: 8,
});
test(reads, 'an empty PAX value takes a record back', [pax(record('uid', '7'), 'g'), pax(record('uid', '')), member({})], { uid: 0 });
test(reads, 'a PAX time has nanoseconds', [pax(record('mtime', '1.000000001')), member({})], { mtime: { seconds: 1, nanoseconds: 1 } });
test(reads, 'a PAX time before 1970 counts forward', [pax(record('mtime', '-1.25')), member({})], {
  mtime: { seconds: -2, nanoseconds: 750_000_000 },
});
test(reads, 'a PAX size counts', [pax(record('size', '3')), member({ size: 0, body: 'abc' })], { size: 3 });
test(reads, 'a directory has no body whatever its size says', [member({ type: '5', name: 'd/', size: 4096 }), member({})], {
  type: 'directory',
  size: 0,
});
test(reads, 'a leading slash is left out', [member({ name: '/etc/passwd' })], { path: 'etc/passwd' });
test(reads, 'dots inside the root are resolved', [member({ name: './a/../b' })], { path: 'b' });
test(reads, 'the root itself is a directory', [member({ name: './', type: '5' })], { path: '' });
test(reads, "GNU's volume label is skipped", [member({ type: 'V', name: 'label' }), member({})], { path: 'f' });

const refuses = test.macro({
  async exec(t, _: string, bytes: Buffer, code: string) {
    await t.throwsAsync(headersOf(bytes), { code });
    await t.throwsAsync(headersOf(bytes, 100), { code });
    await t.throwsAsync(indexOf(bytes), { code });
  },
  title: (_, claim: string) => claim,
});
test(refuses, 'what is no tar is refused', Buffer.alloc(1024, 'x'), 'TAR_INVALID');
test(refuses, 'a changed header is refused', Buffer.concat([Buffer.from('X'), tar(member({})).subarray(1)]), 'TAR_INVALID');
test(refuses, 'a header that is cut off is refused', member({}).subarray(0, 300), 'TAR_TRUNCATED');
test(refuses, 'a body that is cut off is refused', member({ body: 'x'.repeat(1000) }).subarray(0, 900), 'TAR_TRUNCATED');
test(refuses, 'padding that is cut off is refused', member({ body: 'x' }).subarray(0, 900), 'TAR_TRUNCATED');
test(refuses, 'an extended header without a member is refused', tar(pax(record('path', 'x'))), 'TAR_TRUNCATED');
test(refuses, 'a GNU sparse file is refused', tar(member({ type: 'S' })), 'TAR_SPARSE');
test(refuses, 'a PAX sparse file is refused', tar(pax(record('GNU.sparse.major', '1')), member({})), 'TAR_SPARSE');
test(refuses, 'a path above the root is refused', tar(member({ name: '../x' })), 'TAR_PATH');
test(refuses, 'a path that goes out on its way is refused', tar(member({ name: 'a/../../a/x' })), 'TAR_PATH');
test(refuses, 'a hard link above the root is refused', tar(member({ type: '1', target: '../../etc/passwd' })), 'TAR_PATH');
test(refuses, 'a path with a zero byte is refused', tar(pax(record('path', 'a\x00b')), member({})), 'TAR_PATH');
test(refuses, 'a path longer than Linux takes is refused', tar(pax(record('path', 'a/'.repeat(2052))), member({})), 'TAR_PATH');
test(refuses, 'a name longer than Linux takes is refused', tar(member({ type: 'L', body: 'n'.repeat(256) }), member({})), 'TAR_PATH');
test(refuses, 'a file without a name is refused', tar(member({ name: '' })), 'TAR_PATH');
test(refuses, 'an extended header above 1 MiB is refused', tar(member({ type: 'x', size: 2 ** 20 + 1 })), 'TAR_LIMIT');
test(
  refuses,
  'extended headers above 1 MiB together are refused',
  tar(...Array(3).fill(pax(`400009 a=${'x'.repeat(399_999)}\n`)), member({})),
  'TAR_LIMIT',
);
test(refuses, 'a malformed extended header is refused', tar(pax('99 a=b\n'), member({})), 'TAR_INVALID');
test(refuses, 'a negative size is refused', tar(member({ size: base256(12, (1n << 96n) - 1n) })), 'TAR_INVALID');
test(refuses, 'a size beyond all numbers is refused', tar(member({ size: base256(12, 1n << 90n) })), 'TAR_INVALID');
test(refuses, 'a PAX size that is no number is refused', tar(pax(record('size', '1e3')), member({})), 'TAR_INVALID');
test(refuses, 'a member of unknown type is refused', tar(member({ type: 'Q' })), 'TAR_INVALID');
test(refuses, 'a symlink to nothing is refused', tar(member({ type: '2' })), 'TAR_INVALID');

const refusesIndex = test.macro({
  async exec(t, name: string) {
    await t.throwsAsync(indexOf(tar(member({ name }))), { code: 'TAR_PATH' });
  },
  title: (_, name) => `the whiteout ${JSON.stringify(name)} is refused`,
});
test(refusesIndex, '.wh.');
test(refusesIndex, 'd/.wh...');
test(refusesIndex, '.wh..');
test(refusesIndex, '.wh.d/x');

test('whiteouts and opaque markers are told from files', async (t) => {
  const bytes = tar(
    member({ name: 'e/.wh.a' }),
    member({ name: 'd/.wh..wh..opq' }),
    member({ name: 'd/.wh..wh.plnk/1.2' }),
    member({ name: 'd/x' }),
  );
  t.like(await indexOf(bytes), [opaque('d'), { type: 'file', path: 'd/x' }, whiteout('e/a')]);
});

test("overlay's own xattrs never come in from an archive", async (t) => {
  const records =
    record('SCHILY.xattr.trusted.overlay.opaque', 'y') +
    record('SCHILY.xattr.user.overlay.redirect', '/etc') +
    record('SCHILY.xattr.user.a', '\xff');
  const [entry] = await indexOf(tar(pax(records), member({ name: 'd/', type: '5' })));
  t.deepEqual((entry as { xattrs?: object }).xattrs, { 'user.a': '\xff' });
});

test('binary xattrs that GNU tar wrote come back exactly', async (t) => {
  const root = makeTemp(t);
  writeFileSync(`${root}/f`, 'x');
  execFileSync('setcap', ['cap_net_bind_service+ep', `${root}/f`]);
  const index = await indexOf(execFileSync('tar', ['--xattrs', '--xattrs-include=*', '-C', root, '-cf', '-', 'f']));
  const value = (index.at(0) as { xattrs: Record<string, string> }).xattrs['security.capability'];
  t.is(Buffer.from(value ?? '', 'latin1').toString('hex'), '0100000200040000000000000000000000000000');
});

const agrees = test.macro({
  async exec(t, format: string) {
    const root = makeTemp(t);
    mkdirSync(`${root}/in/${'d'.repeat(80)}/${'e'.repeat(60)}`, { recursive: true });
    writeFileSync(`${root}/in/${'d'.repeat(80)}/${'e'.repeat(60)}/file`, 'text');
    symlinkSync('file', `${root}/in/sym`);
    writeFileSync(`${root}/in/${Buffer.from('é').toString()}`, 'x');
    const bytes = execFileSync('tar', [`--format=${format}`, '--sort=name', '-C', `${root}/in`, '-cf', '-', '.']);
    const listed = execFileSync('tar', ['--quoting-style=literal', '-tf', '-'], { input: bytes, encoding: 'utf8' });
    const expected = listed
      .trim()
      .split('\n')
      .map((name) => name.replace(/^\.\/|\/$/g, ''));
    t.deepEqual(
      (await headersOf(bytes)).map(({ path }) => path),
      expected.map((name) => (name === '.' ? '' : name)),
    );
  },
  title: (_, format) => `names agree with GNU tar's in the format ${format}`,
});
test(agrees, 'ustar');
test(agrees, 'gnu');
test(agrees, 'oldgnu');
test(agrees, 'pax');

test('what tar-stream writes is read', async (t) => {
  const out = pack();
  out.entry({ name: 'd', type: 'directory', mode: 0o700 });
  out.entry({ name: `d/${'n'.repeat(180)}`, uid: 5, gid: 6, mtime: new Date(1e12) }, 'text');
  out.entry({ name: 'l', type: 'link', linkname: 'd/x' });
  out.finalize();
  t.like(await headersOf(await buffer(out)), [
    { path: 'd', type: 'directory', mode: 0o700 },
    { path: `d/${'n'.repeat(180)}`, uid: 5, gid: 6, size: 4, mtime: { seconds: 1e9, nanoseconds: 0 } },
    { path: 'l', type: 'hardlink', target: 'd/x' },
  ]);
});

test('bodies can be read, left half read or skipped', async (t) => {
  const bytes = await tarOf([file('a', 'aaa'), file('b', 'bbb'), file('c', 'ccc')], ({ path }) => ({
    kind: 'bytes',
    bytes: Buffer.from(path.repeat(3)),
  }));
  const found: string[] = [];
  await readTar(chunksOf(bytes, 2), async ({ path, body }) => {
    if (path === 'a') found.push((await collect(body)).toString());
    if (path === 'b') for await (const piece of body) if (found.push(piece.toString()) > 0) break;
    if (path === 'c') found.push((await collect(body)).toString());
  });
  t.is(found[0], 'aaa');
  t.true(found[1]?.startsWith('b'));
  t.is(found.at(-1), 'ccc');
});

test('a body that is read too late is empty', async (t) => {
  const bodies: AsyncIterable<Uint8Array>[] = [];
  await readTar(
    chunksOf(tar(member({ name: 'a', body: 'aaa' }), member({ name: 'b', body: 'bbb' }))),
    ({ body }) => void bodies.push(body),
  );
  t.deepEqual(await Promise.all(bodies.map(collect)), [Buffer.alloc(0), Buffer.alloc(0)]);
});

test('a source is read to its end, whatever follows the tar', async (t) => {
  let passed = 0;
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunksOf(Buffer.concat([tar(member({})), Buffer.alloc(9999, 'junk')]), 512)) {
      passed += chunk.length;
      yield chunk;
    }
  };
  await readTar(counted(), () => undefined);
  t.is(passed, BLOCK * 3 + 9999);
});

test('an error of the handler ends the reading and closes the source', async (t) => {
  let isClosed = false;
  const source = (async function* (): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield member({});
    } finally {
      isClosed = true;
    }
  })();
  await t.throwsAsync(
    readTar(source, () => {
      throw new Error('no more');
    }),
    { message: 'no more' },
  );
  t.true(isClosed);
});

test('limits of members and bytes hold', async (t) => {
  const bytes = tar(member({ body: 'xx' }), member({ name: 'g', body: 'xx' }));
  await t.throwsAsync(
    readTar(chunksOf(bytes), () => undefined, { entries: 1 }),
    { code: 'TAR_LIMIT' },
  );
  await t.throwsAsync(
    readTar(chunksOf(bytes), () => undefined, { unpackedSize: 3 }),
    { code: 'TAR_LIMIT' },
  );
  await t.notThrowsAsync(readTar(chunksOf(bytes), () => undefined, { entries: 2, unpackedSize: 4 }));
});

test('a symlink has the mode that Linux gives it, whatever its header says', async (t) => {
  const [entry] = await indexOf(tar(member({ type: '2', target: 'x' })));
  t.like(entry, { type: 'symlink', mode: 0o777 });
});

test('an empty stream is an empty tar', async (t) => {
  t.deepEqual(await headersOf(Buffer.alloc(0)), []);
});

test('the index of an indexed tar is asked for too early', async (t) => {
  const { indexTar } = await import('@varve/core/archive');
  t.throws(() => indexTar(chunksOf(END)).index, { message: /before the tar has passed/ });
});

test('a tar cut off anywhere but between members is refused', async (t) => {
  const bytes = await tarOf([dir('d'), file('d/f', 'd/f'), hardlink('d/h', 'd/f'), link('s', 'x')]);
  for (let length = 1; length < 5 * BLOCK; length += 37) {
    if (length % BLOCK !== 0) await t.throwsAsync(indexOf(bytes.subarray(0, length)), { code: 'TAR_TRUNCATED' }, `${length} bytes`);
  }
  t.is(readFileSync('/dev/null').length, 0);
});
