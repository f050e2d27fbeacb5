import { execFileSync } from 'node:child_process';
import { chmodSync, linkSync, mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { DirectoryTree } from '@varve/core/archive';
import { MemoryDigests, temporaryDir } from '@varve/core/testing';
import test from 'ava';
import { copy, fingerprint } from './copy-bench.ts';

/** Milliseconds after which every change of a file shows in its times. */
const SETTLED = 150;

/** So many files that they are remembered by directory. */
function makeTree(dir: string): string {
  for (let i = 0; i < 300; i++) {
    mkdirSync(`${dir}/d${i % 10}/e`, { recursive: true });
    writeFileSync(`${dir}/d${i % 10}/f${i}`, `text ${i}`);
  }
  writeFileSync(`${dir}/d4/e/one`, 'one');
  linkSync(`${dir}/d4/e/one`, `${dir}/d5/other`);
  return dir;
}

const keyOf = (dir: string, digests: MemoryDigests) => fingerprint({ source: new DirectoryTree(dir), step: copy('. /o'), digests });

const comesTo = test.macro({
  async exec(t, expected: 'hit' | 'miss', change: (dir: string) => void) {
    const dir = makeTree(temporaryDir(t));
    const digests = new MemoryDigests();
    await setTimeout(SETTLED);
    const before = await keyOf(dir, digests);
    t.deepEqual(await keyOf(dir, digests), before);
    change(dir);
    const fresh = await keyOf(dir, new MemoryDigests());
    t.is(isDeepStrictEqual(fresh, before), expected === 'hit');
    t.deepEqual(await keyOf(dir, digests), fresh, 'at once');
    await setTimeout(SETTLED);
    t.deepEqual(await keyOf(dir, digests), fresh, 'later');
    t.deepEqual(await keyOf(dir, digests), fresh, 'and once more');
  },
  title: (name = '', expected: string) => `${expected}, whatever was remembered: ${name}`,
});

test('nothing is another', comesTo, 'hit', () => undefined);
test('a file is touched', comesTo, 'hit', (dir) => utimesSync(`${dir}/d3/f3`, 1, 1));
test('a file is written anew with the same', comesTo, 'hit', (dir) => writeFileSync(`${dir}/d3/f3`, 'text 3'));
test('a file has other bytes', comesTo, 'miss', (dir) => writeFileSync(`${dir}/d3/f3`, 'TEXT 3'));
test('a file has other bytes and its old time', comesTo, 'miss', (dir) => {
  utimesSync(`${dir}/d3/f3`, 1, 1);
  writeFileSync(`${dir}/d3/f3`, 'TEXT 3');
  utimesSync(`${dir}/d3/f3`, 1, 1);
});
test('a file has another mode', comesTo, 'miss', (dir) => chmodSync(`${dir}/d3/f3`, 0o755));
test(
  'a file has an extended attribute',
  comesTo,
  'miss',
  (dir) => void execFileSync('setfattr', ['-n', 'user.x', '-v', '1', `${dir}/d3/f3`]),
);
test('a directory has another mode', comesTo, 'miss', (dir) => chmodSync(`${dir}/d3/e`, 0o700));
test('a file has another name', comesTo, 'miss', (dir) => renameSync(`${dir}/d3/f3`, `${dir}/d3/g3`));
test('two files have changed places', comesTo, 'miss', (dir) => {
  renameSync(`${dir}/d3/f3`, `${dir}/x`);
  renameSync(`${dir}/d3/f13`, `${dir}/d3/f3`);
  renameSync(`${dir}/x`, `${dir}/d3/f13`);
});
test('two directories have changed places', comesTo, 'miss', (dir) => {
  renameSync(`${dir}/d3`, `${dir}/x`);
  renameSync(`${dir}/d6`, `${dir}/d3`);
  renameSync(`${dir}/x`, `${dir}/d6`);
});
test('a file is gone', comesTo, 'miss', (dir) => rmSync(`${dir}/d3/f3`));
test('a file is new', comesTo, 'miss', (dir) => writeFileSync(`${dir}/d3/e/new`, ''));
test('a file is a symlink', comesTo, 'miss', (dir) => {
  rmSync(`${dir}/d3/f3`);
  symlinkSync('f13', `${dir}/d3/f3`);
});
test('two files are one', comesTo, 'miss', (dir) => {
  writeFileSync(`${dir}/d3/f3`, 'text 1');
  rmSync(`${dir}/d3/f3`);
  linkSync(`${dir}/d1/f1`, `${dir}/d3/f3`);
});
test('the names of one file lead elsewhere', comesTo, 'miss', (dir) => renameSync(`${dir}/d5/other`, `${dir}/d3/other`));
