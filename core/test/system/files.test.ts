import { execFileSync } from 'node:child_process';
import { closeSync, lstatSync, mkdirSync, openSync, readFileSync, readSync, symlinkSync, writeFileSync } from 'node:fs';
import {
  copyFile,
  deviceNumber,
  getXattr,
  listXattrs,
  makeNode,
  openInRoot,
  removeXattr,
  setMtime,
  setMtimeOf,
  setXattr,
  splitDevice,
} from '@varve/core/system';
import test from 'ava';
import { asRoot, makeTemp } from './helpers.ts';

test('an xattr is listed, read, replaced and removed', (t) => {
  const path = `${makeTemp(t)}/f`;
  writeFileSync(path, '');
  setXattr(path, 'user.a', Buffer.from([0x80, 0, 0xff]));
  t.deepEqual(listXattrs(path), ['user.a']);
  t.deepEqual(getXattr(path, 'user.a'), Buffer.from([0x80, 0, 0xff]));
  setXattr(path, 'user.a', Buffer.alloc(0));
  t.deepEqual(getXattr(path, 'user.a'), Buffer.alloc(0));
  removeXattr(path, 'user.a');
  removeXattr(path, 'user.a');
  t.deepEqual([listXattrs(path), getXattr(path, 'user.a')], [[], undefined]);
});

test('setfattr and getfattr agree', (t) => {
  const path = `${makeTemp(t)}/f`;
  writeFileSync(path, '');
  execFileSync('setfattr', ['-n', 'user.b', '-v', '0x00ff', path]);
  setXattr(path, 'user.a', Buffer.from('x'));
  t.deepEqual(getXattr(path, 'user.b'), Buffer.from([0, 0xff]));
  t.regex(execFileSync('getfattr', ['--absolute-names', '-d', path], { encoding: 'utf8' }), /user\.a="x"/);
});

test('xattrs of a symlink are not those of its target', (t) => {
  const root = makeTemp(t);
  writeFileSync(`${root}/f`, '');
  symlinkSync('f', `${root}/s`);
  setXattr(`${root}/f`, 'user.a', Buffer.from('x'));
  t.deepEqual(listXattrs(`${root}/s`), []);
  t.throws(() => setXattr(`${root}/s`, 'user.a', Buffer.from('x')), { code: 'SYSTEM_EPERM', message: /lsetxattr user\.a/ });
});

test('a failure names the call, the file and the reason', (t) => {
  t.throws(() => listXattrs('/nonexistent/f'), { code: 'SYSTEM_ENOENT', message: /llistxattr of "\/nonexistent\/f"/ });
});

test('bytes that are not UTF-8 are paths too', (t) => {
  const path = Buffer.concat([Buffer.from(`${makeTemp(t)}/`), Buffer.from([0xff])]);
  writeFileSync(path, '');
  setXattr(path, 'user.a', Buffer.from('x'));
  t.deepEqual(listXattrs(path), ['user.a']);
});

test('times are set to the nanosecond, of a symlink itself, and atime stays', (t) => {
  const root = makeTemp(t);
  writeFileSync(`${root}/f`, '');
  symlinkSync('f', `${root}/s`);
  const { atimeNs } = lstatSync(`${root}/f`, { bigint: true });
  setMtime(`${root}/s`, -1, 123_456_789);
  const fd = openSync(`${root}/f`, 'r+');
  setMtimeOf(fd, 5, 999_999_999);
  closeSync(fd);
  t.is(lstatSync(`${root}/s`, { bigint: true }).mtimeNs, -876_543_211n);
  t.is(lstatSync(`${root}/f`, { bigint: true }).mtimeNs, 5_999_999_999n);
  t.is(lstatSync(`${root}/f`, { bigint: true }).atimeNs, atimeNs);
});

const splits = test.macro({
  exec(t, major: number, minor: number) {
    t.deepEqual(splitDevice(deviceNumber(major, minor)), { major, minor });
  },
  title: (_, major, minor) => `device ${major}:${minor} goes into one number and out again`,
});
test(splits, 0, 0);
test(splits, 1, 3);
test(splits, 259, 1000);
test(splits, 4095, 0xfffff);
test(splits, 0xffffffff, 0xffffffff);

asRoot('devices and pipes are made', (t) => {
  const root = makeTemp(t);
  makeNode(`${root}/c`, { type: 'char', mode: 0o600, major: 259, minor: 1000 });
  makeNode(`${root}/p`, { type: 'fifo', mode: 0o600 });
  const device = lstatSync(`${root}/c`, { bigint: true });
  t.true(device.isCharacterDevice() && lstatSync(`${root}/p`).isFIFO());
  t.deepEqual(splitDevice(device.rdev), { major: 259, minor: 1000 });
  t.throws(() => makeNode(`${root}/p`, { type: 'fifo', mode: 0 }), { code: 'SYSTEM_EEXIST' });
});

const copies = test.macro({
  exec(t, offset: number, length: number | undefined) {
    const root = makeTemp(t);
    const bytes = Buffer.alloc(3_000_001, 'some bytes ');
    writeFileSync(`${root}/from`, bytes);
    copyFile(`${root}/from`, `${root}/to`, length === undefined ? { offset } : { offset, length });
    t.true(readFileSync(`${root}/to`).equals(bytes.subarray(offset, offset + (length ?? bytes.length))));
  },
  title: (_, offset, length) => `${length ?? 'all'} bytes from ${offset} on are copied`,
});
test(copies, 0, undefined);
test(copies, 5, undefined);
test(copies, 0, 1_234_567);
test(copies, 777, 2_000_000);
test(copies, 0, 0);

test('a pseudo file, which the kernel does not copy by itself, is copied', (t) => {
  const to = `${makeTemp(t)}/to`;
  copyFile('/proc/version', to, { length: 5 });
  t.is(readFileSync(to, 'utf8'), 'Linux');
});

test('a copy never replaces or follows what is there', (t) => {
  const root = makeTemp(t);
  writeFileSync(`${root}/from`, 'x');
  symlinkSync('elsewhere', `${root}/to`);
  t.throws(() => copyFile(`${root}/from`, `${root}/to`), { code: 'EEXIST' });
});

test('a source that is too short is noticed', (t) => {
  const root = makeTemp(t);
  writeFileSync(`${root}/from`, 'x');
  t.throws(() => copyFile(`${root}/from`, `${root}/to`, { length: 2 }), { code: 'SOURCE_CHANGED' });
});

test('nothing opened in a root lies outside of it', (t) => {
  const root = makeTemp(t);
  mkdirSync(`${root}/jail/etc`, { recursive: true });
  writeFileSync(`${root}/jail/etc/hostname`, 'jail');
  symlinkSync('/etc', `${root}/jail/abs`);
  symlinkSync('../../../../../../etc', `${root}/jail/up`);
  symlinkSync('/proc/self/root', `${root}/jail/magic`);
  const fd = openSync(`${root}/jail`, 'r');
  t.teardown(() => closeSync(fd));
  for (const path of ['etc/hostname', 'abs/hostname', 'up/hostname', '/etc/hostname', '../../etc/hostname']) {
    const file = openInRoot(fd, path);
    const bytes = Buffer.alloc(10);
    t.is(bytes.toString('utf8', 0, readSync(file, bytes)), 'jail', path);
    closeSync(file);
  }
  t.throws(() => openInRoot(fd, 'abs/passwd'), { code: 'SYSTEM_ENOENT' });
  t.throws(() => openInRoot(fd, 'magic/etc/hostname'), { code: 'SYSTEM_ENOENT' });
});
