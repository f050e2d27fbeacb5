import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mount, mounts, unmount } from '@varve/core/system';
import test from 'ava';
import { parseMountOptions } from '../../system/mount.ts';
import { splitOverlayOptions } from '../../system/mount-overlay.ts';
import { parseMounts } from '../../system/mounts.ts';
import { asRoot, makeTemp } from './helpers.ts';

asRoot('an overlay is mounted, seen and unmounted', async (t) => {
  const root = makeTemp(t);
  for (const name of ['lower', 'upper', 'work', 'merged']) mkdirSync(`${root}/${name}`);
  writeFileSync(`${root}/lower/a`, 'a');
  const options = [`lowerdir=${root}/lower`, `upperdir=${root}/upper`, `workdir=${root}/work`, 'volatile'];
  mount({ type: 'overlay', source: 'overlay', target: `${root}/merged`, options });
  t.is(readFileSync(`${root}/merged/a`, 'utf8'), 'a');
  const found = mounts().find(({ target }) => target === `${root}/merged`);
  t.true(found?.type === 'overlay' && found.superOptions.includes(`upperdir=${root}/upper`));
  await unmount(`${root}/merged`);
  await unmount(`${root}/merged`);
  t.deepEqual(readdirSync(`${root}/merged`), []);
});

asRoot('an overlay of more layers than one page of options can name is mounted', async (t) => {
  const root = makeTemp(t);
  const lowers = Array.from({ length: 150 }, (_, i) => `${root}/layer-with-a-long-name-${String(i).padStart(4, '0')}`);
  for (const [i, path] of lowers.entries()) {
    mkdirSync(path);
    writeFileSync(`${path}/file-${i}`, '');
    writeFileSync(`${path}/top`, String(i));
  }
  for (const name of ['upper', 'work', 'merged']) mkdirSync(`${root}/${name}`);
  const options = [`lowerdir=${lowers.join(':')}`, `upperdir=${root}/upper`, `workdir=${root}/work`];
  mount({ type: 'overlay', source: 'overlay', target: `${root}/merged`, options });
  t.is(readdirSync(`${root}/merged`).length, 151);
  t.is(readFileSync(`${root}/merged/top`, 'utf8'), '0', 'the first is the topmost');
  await unmount(`${root}/merged`);
});

asRoot('a bind is read-only where that is asked', async (t) => {
  const root = makeTemp(t);
  for (const name of ['from', 'to']) mkdirSync(`${root}/${name}`);
  mount({ type: 'bind', source: `${root}/from`, target: `${root}/to`, options: ['rbind', 'ro', 'nosuid', 'rprivate'] });
  t.throws(() => writeFileSync(`${root}/to/f`, ''), { code: 'EROFS' });
  writeFileSync(`${root}/from/f`, '');
  t.deepEqual(readdirSync(`${root}/to`), ['f']);
  await unmount(`${root}/to`);
});

asRoot('a busy mount is detached', async (t) => {
  const root = makeTemp(t);
  mkdirSync(`${root}/m`);
  mount({ type: 'tmpfs', source: 'tmpfs', target: `${root}/m`, options: ['size=64k', 'mode=700', 'nodev'] });
  const fd = openSync(`${root}/m/f`, 'w');
  await unmount(`${root}/m`);
  closeSync(fd);
  t.deepEqual(readdirSync(`${root}/m`), []);
  t.true(statSync(root).isDirectory());
});

asRoot('a mount that fails says where and why', (t) => {
  t.throws(() => mount({ type: 'tmpfs', source: 'x', target: '/nonexistent' }), {
    code: 'SYSTEM_ENOENT',
    message: /mount \(tmpfs\) of "\/nonexistent"/,
  });
});

asRoot('options longer than a page are refused for other file systems', (t) => {
  const options = [`size=${'1'.repeat(5000)}`];
  t.throws(() => mount({ type: 'tmpfs', source: 'x', target: makeTemp(t), options }), { code: 'MOUNT_OPTIONS' });
});

test('flags are told from data', (t) => {
  t.deepEqual(parseMountOptions(['nosuid', 'size=1m', 'ro', 'rw', 'mode=755']), { flags: 2, data: 'size=1m,mode=755' });
});

test('overlay options are taken apart at unescaped commas and colons', (t) => {
  t.deepEqual(splitOverlayOptions('lowerdir=/a\\:b:/c\\,d,upperdir=/u,volatile'), [
    { key: 'lowerdir+', value: '/a:b' },
    { key: 'lowerdir+', value: '/c,d' },
    { key: 'upperdir', value: '/u' },
    { key: 'volatile' },
  ]);
});

test('lines of mountinfo are read, with blanks in names and optional fields', (t) => {
  const line = '36 35 98:0 /mnt1 /mnt\\0402 rw,noatime shared:1 master:2 - ext3 /dev/root rw,errors=continue\n';
  t.deepEqual(parseMounts(line), [
    {
      id: 36,
      parent: 35,
      root: '/mnt1',
      target: '/mnt 2',
      type: 'ext3',
      source: '/dev/root',
      options: ['rw', 'noatime'],
      superOptions: ['rw', 'errors=continue'],
    },
  ]);
});
