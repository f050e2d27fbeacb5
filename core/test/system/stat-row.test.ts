import { execFileSync } from 'node:child_process';
import { closeSync, linkSync, lstatSync, mkdirSync, openSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { longAt, lookAt, lookAtOpen, ROW, secondsAt } from '@varve/core/system';
import test from 'ava';
import { makeTemp } from './helpers.ts';

/** Files of many kinds and times. */
function makeFiles(root: string): readonly string[] {
  writeFileSync(`${root}/file`, 'text', { mode: 0o4755 });
  linkSync(`${root}/file`, `${root}/other`);
  mkdirSync(`${root}/directory`);
  symlinkSync('nowhere', `${root}/symlink`);
  writeFileSync(`${root}/large`, '');
  truncateSync(`${root}/large`, 2 ** 33 + 5);
  writeFileSync(`${root}/old`, '');
  execFileSync('touch', ['-d', '1969-12-31T23:59:58.123456789Z', `${root}/old`]);
  writeFileSync(`${root}/late`, '');
  execFileSync('touch', ['-d', '2200-01-01T00:00:00.000000001Z', `${root}/late`]);
  return ['file', 'other', 'directory', 'symlink', 'large', 'old', 'late'].map((name) => `${root}/${name}`).concat('/dev/full');
}

test('what is known of a file is what Node says of it, by its path and open', (t) => {
  const paths = makeFiles(makeTemp(t));
  const opened = paths.filter((path) => !/symlink|full/.test(path)).map((path) => [path, rowOfOpen(path)] as const); // as yet by Node
  for (const path of paths) {
    const row = new Uint32Array(ROW.length + 1);
    t.true(lookAt(path, row, 1));
    t.deepEqual(shown(row.subarray(1)), expected(path), path);
  }
  for (const [path, row] of opened) {
    t.deepEqual(shown(row), expected(path), path);
    t.deepEqual(rowOfOpen(path), row, path);
  }
});

test('a symlink is followed where that is asked for', (t) => {
  const root = makeTemp(t);
  symlinkSync('.', `${root}/link`);
  const [followed, there] = [new Uint32Array(ROW.length), new Uint32Array(ROW.length)];
  t.true(lookAt(`${root}/link`, followed, 0, { follow: true }) && lookAt(root, there, 0));
  t.deepEqual(followed, there);
});

test('a name that is not UTF-8 is found, one that is not there is not', (t) => {
  const root = makeTemp(t);
  const name = Buffer.concat([Buffer.from(`${root}/a`), Buffer.from([0xff])]);
  writeFileSync(name, 'x');
  const row = new Uint32Array(ROW.length);
  t.deepEqual([lookAt(name, row, 0), lookAt(`${root}/a`, row, 0), lookAt(`${name}/below`, row, 0)], [true, false, false]);
});

function rowOfOpen(path: string): Uint32Array {
  const row = new Uint32Array(ROW.length);
  const fd = openSync(path, 'r');
  lookAtOpen(fd, row);
  closeSync(fd);
  return row;
}

const shown = (row: Uint32Array) => ({
  mode: row[ROW.mode],
  links: row[ROW.links],
  uid: row[ROW.uid],
  gid: row[ROW.gid],
  ino: longAt(row, ROW.ino),
  size: longAt(row, ROW.size),
  mtime: [secondsAt(row, ROW.mtime), row[ROW.mtimeNs]],
  ctime: [secondsAt(row, ROW.ctime), row[ROW.ctimeNs]],
  dev: longAt(row, ROW.dev),
  rdev: longAt(row, ROW.rdev),
});

function expected(path: string): ReturnType<typeof shown> {
  const { mode, nlink, uid, gid, ino, size, mtimeNs, ctimeNs, dev, rdev } = lstatSync(path, { bigint: true });
  const timeOf = (ns: bigint) => {
    const rest = ((ns % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
    return [Number((ns - rest) / 1_000_000_000n), Number(rest)];
  };
  const numbers = { mode, links: nlink, uid, gid, ino, size, dev, rdev };
  const others = Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, Number(value)]));
  return { ...others, mtime: timeOf(mtimeNs), ctime: timeOf(ctimeNs) } as ReturnType<typeof shown>;
}
