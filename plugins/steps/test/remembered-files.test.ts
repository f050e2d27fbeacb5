import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, linkSync, mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { CopyStep } from '@varve/core';
import { createPatternMatcher, DirectoryTree, type HashFiles } from '@varve/core/archive';
import { MemoryDigests, temporaryDir } from '@varve/core/testing';
import test from 'ava';
import { copy, fingerprint } from './copy-bench.ts';

/** Milliseconds after which every change of a file shows in its times. */
const SETTLED = 150;

/** So many files that they are remembered by directory. */
function makeTree(dir: string): string {
  for (let i = 0; i < 210; i++) {
    mkdirSync(`${dir}/d${i % 10}/e`, { recursive: true });
    writeFileSync(`${dir}/d${i % 10}/f${i}`, `text ${i}`);
  }
  writeFileSync(`${dir}/d4/e/one`, 'one');
  linkSync(`${dir}/d4/e/one`, `${dir}/d5/other`);
  return dir;
}

interface Way {
  /** Before all is settled. */
  readonly prepare?: (dir: string) => void;
  readonly step?: Partial<CopyStep>;
  readonly ignore?: readonly string[];
}

function keyOf(dir: string, digests: MemoryDigests, { step = copy('. /o'), ignore = [] }: Way = {}) {
  return fingerprint({ source: new DirectoryTree(dir, { ignore: createPatternMatcher(ignore) }), step, digests });
}

const comesTo = test.macro({
  async exec(t, expected: 'hit' | 'miss', change: (dir: string) => void, way: Way = {}) {
    const dir = makeTree(temporaryDir(t));
    way.prepare?.(dir);
    const digests = new MemoryDigests();
    await setTimeout(SETTLED);
    const before = await keyOf(dir, digests, way);
    t.deepEqual(await keyOf(dir, digests, way), before);
    change(dir);
    const fresh = await keyOf(dir, new MemoryDigests(), way);
    t.is(isDeepStrictEqual(fresh, before), expected === 'hit');
    t.deepEqual(await keyOf(dir, digests, way), fresh, 'at once');
    await setTimeout(SETTLED);
    t.deepEqual(await keyOf(dir, digests, way), fresh, 'later');
    t.deepEqual(await keyOf(dir, digests, way), fresh, 'and once more');
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

/** Several sources of which one lies in another, and a file with a name in each. */
const OVERLAPPING = { step: copy('d1 d4/e d4 d5 /o/') };
test('a file is another in sources that overlap', comesTo, 'miss', (dir) => writeFileSync(`${dir}/d4/e/one`, 'eno'), OVERLAPPING);
test('a link from one source to another is a file', comesTo, 'miss', copyOther, OVERLAPPING);
test('a file of a named directory is new', comesTo, 'miss', (dir) => writeFileSync(`${dir}/d1/new`, ''), OVERLAPPING);
test('a link leads out of what is copied', comesTo, 'miss', (dir) => renameSync(`${dir}/d5/other`, `${dir}/d6/other`), OVERLAPPING);

function copyOther(dir: string): void {
  copyFileSync(`${dir}/d5/other`, `${dir}/x`);
  renameSync(`${dir}/x`, `${dir}/d5/other`);
}

const PARENTS = { step: copy('d4/e/one d5 /o/', { parents: true }) };
test('a directory on a kept path has another mode', comesTo, 'miss', (dir) => chmodSync(`${dir}/d4/e`, 0o700), PARENTS);
test('a directory beside a kept path has another mode', comesTo, 'hit', (dir) => chmodSync(`${dir}/d3/e`, 0o700), PARENTS);

const EXCLUDING = { step: copy('. /o', { exclude: ['d3/e', '**/f1?'] }) };
test('a file that is excluded is another', comesTo, 'hit', (dir) => writeFileSync(`${dir}/d3/f13`, 'x'), EXCLUDING);
test('a file is another, and others are excluded', comesTo, 'miss', (dir) => writeFileSync(`${dir}/d3/f23`, 'x'), EXCLUDING);

const IGNORING = { ignore: ['d3', '!d3/f3', 'd4/e'] };
test('a file that is ignored is another', comesTo, 'hit', (dir) => writeFileSync(`${dir}/d3/f13`, 'x'), IGNORING);
test('a file that was taken back is another', comesTo, 'miss', (dir) => writeFileSync(`${dir}/d3/f3`, 'x'), IGNORING);
test('a link in what is ignored is gone', comesTo, 'miss', (dir) => rmSync(`${dir}/d5/other`), IGNORING);

test('a socket is new', comesTo, 'hit', (dir) => void spawnSync(process.execPath, ['-e', LISTEN, `${dir}/d3/s`]));
const LISTEN = "require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))";

const MEMBERS = ['constructor', '__proto__', 'toString'];
test('a file is another beside directories with names of members', comesTo, 'miss', (dir) => writeFileSync(`${dir}/toString/x`, 'two'), {
  prepare: (dir) => {
    for (const name of MEMBERS) mkdirSync(`${dir}/${name}`);
    writeFileSync(`${dir}/toString/x`, 'one');
  },
});

const NOT_UTF8 = (dir: string) => Buffer.concat([Buffer.from(`${dir}/`), Buffer.of(0x80)]);
test('of two names that read alike one is another', comesTo, 'miss', (dir) => writeFileSync(NOT_UTF8(dir), 'y'), {
  step: copy('* /o/', { exclude: ['d*'] }),
  prepare: (dir) => {
    writeFileSync(NOT_UTF8(dir), 'x');
    writeFileSync(`${dir}/\\udc80`, 'x');
  },
});
test('of two names that read alike the other is another', comesTo, 'miss', (dir) => writeFileSync(`${dir}/\\udc80`, 'y'), {
  step: copy('* /o/', { exclude: ['d*'] }),
  prepare: (dir) => {
    writeFileSync(NOT_UTF8(dir), 'x');
    writeFileSync(`${dir}/\\udc80`, 'x');
  },
});

test('what is ignored otherwise is remembered otherwise', async (t) => {
  const dir = makeTree(temporaryDir(t));
  const digests = new MemoryDigests();
  await setTimeout(SETTLED);
  const ways: readonly Way[] = [{}, { ignore: ['d3/f3'] }, IGNORING, { ignore: ['d3', '!d3/f13', 'd4/e'] }];
  for (const way of [...ways, ...ways]) t.deepEqual(await keyOf(dir, digests, way), await keyOf(dir, new MemoryDigests(), way));
});

test('a root that is a symlink is where it leads now', async (t) => {
  const [one, other, links] = [makeTree(temporaryDir(t)), makeTree(temporaryDir(t)), temporaryDir(t)];
  writeFileSync(`${other}/d3/f3`, 'TEXT 3');
  await setTimeout(SETTLED);
  const digests = new MemoryDigests();
  for (const target of [one, other, one]) {
    rmSync(`${links}/root`, { force: true });
    symlinkSync(target, `${links}/root`);
    t.deepEqual(await keyOf(`${links}/root`, digests), await keyOf(target, new MemoryDigests()));
  }
});

test('a file that changes while it is described is not remembered', async (t) => {
  const dir = makeTree(temporaryDir(t));
  await setTimeout(SETTLED);
  const digests = new MemoryDigests();
  const hash: HashFiles = async () => {
    writeFileSync(`${dir}/d3/f3`, 'TEXT 3');
    throw new Error('what reads finds out');
  };
  await t.throwsAsync(fingerprint({ source: new DirectoryTree(dir, { hash }), step: copy('. /o'), digests }));
  await setTimeout(SETTLED);
  t.deepEqual(await keyOf(dir, digests), await keyOf(dir, new MemoryDigests()));
});

test('what changed while a tree was in use may have changed again within a tick of the clock', async (t) => {
  const dir = makeTree(temporaryDir(t));
  await setTimeout(SETTLED);
  const tree = new DirectoryTree(dir);
  t.not(tree.state(['']).id, undefined);
  const later = new DirectoryTree(dir);
  writeFileSync(`${dir}/d3/f3`, 'TEXT 3');
  later.get('d3/f3');
  await setTimeout(SETTLED);
  t.is(later.state(['']).id, undefined);
});
