import { createHash, randomBytes } from 'node:crypto';
import { lstatSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Content, hashContents } from '@varve/core/archive';
import test from 'ava';

const PIECE = 8 * 1024 * 1024;
const folder = mkdtempSync(join(tmpdir(), 'varve-hash-'));
test.after.always(() => rmSync(folder, { recursive: true }));

const sha = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();
const digestOf = (bytes: Buffer): string => {
  if (bytes.length <= PIECE) return `sha256:${sha(bytes).toString('hex')}`;
  const pieces = Array.from({ length: Math.ceil(bytes.length / PIECE) }, (_, i) => sha(bytes.subarray(i * PIECE, (i + 1) * PIECE)));
  return `sha256:${sha(Buffer.concat(pieces)).toString('hex')}`;
};

function write(name: string, bytes: Buffer): Extract<Content, { kind: 'range' }> {
  const file = join(folder, name);
  writeFileSync(file, bytes);
  return { kind: 'range', file, offset: 0, length: bytes.length };
}

for (const [title, length] of [
  ['a piece', PIECE],
  ['a piece and a byte', PIECE + 1],
  ['several pieces', 3 * PIECE + 12_345],
] as const)
  test(`the digest of ${title}`, async (t) => {
    const bytes = randomBytes(length);
    t.deepEqual(await hashContents([write(title, bytes), { kind: 'bytes', bytes: bytes.subarray(5) }]), [
      digestOf(bytes),
      `sha256:${sha(bytes.subarray(5)).toString('hex')}`,
    ]);
  });

test('a part of a file has the digest of a file of its own', async (t) => {
  const bytes = randomBytes(2 * PIECE + 100);
  const whole = write('whole', bytes);
  t.deepEqual(await hashContents([{ ...whole, offset: 7, length: PIECE + 50 }]), [digestOf(bytes.subarray(7, PIECE + 57))]);
});

const many = Array.from({ length: 2500 }, (_, i) => Buffer.from(`${i} `.repeat(i % 300)));

test('digests of many files are in their order', async (t) => {
  const contents = many.map((bytes, i) => write(`file-${i}`, bytes));
  t.deepEqual(await hashContents(contents), many.map(digestOf));
});

test('one of many files that is not what it was is named', async (t) => {
  const contents = many.map((bytes, i) => write(`changed-${i}`, bytes));
  const { dev, ino, size, mtimeNs, ctimeNs } = lstatSync(join(folder, 'changed-1300'), { bigint: true });
  const stamp = { dev: Number(dev), ino: Number(ino), size: Number(size), mtimeNs: mtimeNs - 1n, ctimeNs };
  const failure = await t.throwsAsync(hashContents(contents.map((content, i) => (i === 1300 ? { ...content, stamp } : content))), {
    code: 'SOURCE_CHANGED',
  });
  t.regex(failure?.message ?? '', /changed-1300/);
});

test('a signal ends it, with its reason', async (t) => {
  const content = write('endless', randomBytes(PIECE));
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error('enough')), 20);
  const contents = Array.from({ length: 100_000 }, () => content);
  await t.throwsAsync(hashContents(contents, { signal: controller.signal }), { message: 'enough' });
});
