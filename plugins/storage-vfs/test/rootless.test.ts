import { spawnSync } from 'node:child_process';
import { chownSync, lstatSync } from 'node:fs';
import { join } from 'node:path';
import { entry, fixtureIndex, temporaryDir, whyMissing } from '@varve/core/testing';
import test from 'ava';

const NOBODY = 65_534;

/** Runs as another user: unpacks a layer, copies it for a step on top, and says what it finds there. */
const SCRIPT = `
import { readdirSync, lstatSync } from 'node:fs';
const [, module, root, index] = process.argv;
const driver = await (await import(module)).open(root);
const name = 'sha256:' + '1'.repeat(64);
await driver.prepare('a', null);
await driver.apply('a', JSON.parse(index), () => ({ kind: 'bytes', bytes: Buffer.from('secret') }));
await driver.commit('a', name);
const [{ source }] = await driver.prepare('b', name);
const facts = readdirSync(source).sort().map(file => [file, (lstatSync(source + '/' + file).mode & 0o7777).toString(8)]);
await driver.remove('b');
console.log(JSON.stringify({ facts, uid: lstatSync(await driver.directory(name)).uid }));
`;

const missing = whyMissing(['linux', 'root']);
const title = 'without root everything belongs to the user, devices are left out, and what forbids reading is copied all the same';
(missing === undefined ? test : test.skip)(title, (t) => {
  const root = temporaryDir(t);
  chownSync(root, NOBODY, NOBODY);
  const index = fixtureIndex([
    entry.file('shadow', 6, { mode: 0 }),
    entry.file('theirs', 6, { mode: 0o4755, uid: 1234, gid: 1234 }),
    entry.dir('closed', { mode: 0 }),
    entry.file('closed/file', 6, { mode: 0 }),
    entry.device('null', 'char', 1, 3),
  ]);
  const conditions = process.execArgv.filter((option) => option.startsWith('--conditions'));
  const module = new URL('./fixtures/open.ts', import.meta.url).href;
  const options = { uid: NOBODY, gid: NOBODY, cwd: '/', encoding: 'utf8' } as const;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [...conditions, '--input-type=module', '-e', SCRIPT, module, root, JSON.stringify(index)],
    options,
  );
  t.is(stderr, '');
  t.deepEqual(JSON.parse(stdout), {
    facts: [
      ['closed', '0'],
      ['shadow', '0'],
      ['theirs', '4755'],
    ],
    uid: NOBODY,
  });
  const unpacked = join(root, 'snapshots/vfs/committed', '1'.repeat(64), 'root');
  t.is(lstatSync(join(unpacked, 'shadow')).mode & 0o7777, 0);
  t.is(lstatSync(join(unpacked, 'closed/file')).size, 6);
});
