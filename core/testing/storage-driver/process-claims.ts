import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { mount, mounts } from '../../system/index.ts';
import { startProcess, type TestProcess } from '../killed-process.ts';
import { entry } from '../layer-fixture.ts';
import type { Claim } from '../storage-driver-contract.ts';
import { chain, type DriverBench, exists, key } from './driver-bench.ts';

/** Several drivers on one store, and processes that are killed. */
export function processClaims(claim: Claim, module: string | undefined): void {
  claim('one of two drivers gets a key', async (t, bench) => {
    const other = await bench.again(t);
    const answers = await Promise.allSettled([bench.driver.prepare(key('a'), null), other.prepare(key('a'), null)]);
    t.deepEqual(answers.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    t.is((answers.find((answer) => answer.status === 'rejected')?.reason as { code?: string } | undefined)?.code, 'STORAGE_EXISTS');
  });

  claim('two drivers may commit one name at once, and one of the two contents is there', async (t, bench) => {
    const other = await bench.again(t);
    const first = await bench.change('a', null, (root) => writeFileSync(join(root, 'from-a'), ''));
    const second = await bench.change('b', null, (root) => writeFileSync(join(root, 'from-b'), ''));
    await Promise.all([bench.driver.commit(first, chain('one')), other.commit(second, chain('one'))]);
    t.deepEqual(await bench.list(), [{ id: chain('one'), kind: 'committed', parent: null }]);
    t.is((await bench.paths('one')).length, 1);
  });

  claim('a driver sees what another one on its store committed and removed', async (t, bench) => {
    const other = await bench.again(t);
    await bench.layer('one', null, [entry.file('f', 1)]);
    t.like(await other.stat(chain('one')), { kind: 'committed' });
    await other.remove(chain('one'));
    t.is(await bench.driver.stat(chain('one')), undefined);
  });

  claim('recovering leaves alone what this process holds and what is committed', async (t, bench) => {
    await bench.layer('base', null, [entry.file('f', 1)]);
    await using view = await bench.show(await bench.driver.prepare(key('mine'), chain('base')));
    const other = await bench.again(t);
    await other.recover?.();
    t.is((await bench.driver.stat(key('mine')))?.kind, 'active');
    t.true(exists(view.root, 'f'));
    await bench.driver.recover?.();
    t.true(exists(view.root, 'f'));
  });

  claim('a lasting snapshot is mounted again with what was written, and stays when its driver has ended', async (t, bench) => {
    await bench.layer('base', null, [entry.file('f', 1)]);
    const other = await bench.again(t);
    const first = await bench.show(await other.prepare(key('lasting'), chain('base'), { lasting: true }));
    writeFileSync(join(first.root, 'first'), '');
    await first[Symbol.asyncDispose]();
    await other[Symbol.asyncDispose]();
    await bench.driver.recover?.();
    for (const name of ['second', 'third']) {
      await using view = await bench.show(await bench.driver.mounts(key('lasting')));
      writeFileSync(join(view.root, name), '');
    }
    await using view = await bench.show(await bench.driver.mounts(key('lasting')));
    t.deepEqual(readdirSync(view.root).sort(), ['f', 'first', 'second', 'third']);
    await t.throwsAsync(async () => await bench.driver.mounts(key('unknown')), { code: 'STORAGE_NOT_FOUND' });
  });

  claim('a lasting snapshot is removed like any other', async (t, bench) => {
    await bench.driver.prepare(key('lasting'), null, { lasting: true });
    await bench.driver.remove(key('lasting'));
    t.deepEqual(await bench.list(), []);
  });

  if (module === undefined) return;

  claim('what a killed process was writing is gone after recovery, mounts included', async (t, bench) => {
    await bench.layer('base', null, [entry.file('f', 1)]);
    const process = await holding(bench, module);
    const [first] = JSON.parse(process.line) as Parameters<DriverBench['show']>[0];
    await using view = await bench.show(first === undefined ? [] : [first]);
    writeFileSync(join(view.root, 'half-done'), '');
    await bench.driver.recover?.();
    t.is((await bench.driver.stat(key('theirs')))?.kind, 'active', 'while the process lives');
    await process.kill();
    await bench.driver.recover?.();
    t.deepEqual(await bench.list(), [{ id: chain('base'), kind: 'committed', parent: null }]);
    t.deepEqual(
      mounts().filter(({ target }) => target.startsWith(bench.root)),
      [],
    );
    t.deepEqual(await bench.paths('base'), ['f']);
  });

  claim(
    'a view that a killed process mounted is unmounted',
    async (t, bench) => {
      await bench.layer('base', null, [entry.file('f', 1)]);
      const process = await holding(bench, module, 'view');
      await bench.show(JSON.parse(process.line) as Parameters<DriverBench['show']>[0]);
      await process.kill();
      await bench.driver.recover?.();
      t.is(await bench.driver.stat(key('theirs')), undefined);
      t.deepEqual(await bench.paths('base'), ['f']);
    },
    ['root'],
  );

  claim(
    'removing what a killed process left never reaches into what is mounted there',
    async (t, bench) => {
      const precious = join(bench.root, 'precious');
      mkdirSync(precious);
      writeFileSync(join(precious, 'file'), '');
      const process = await holding(bench, module, 'prepare', null);
      await using view = await bench.show(JSON.parse(process.line) as Parameters<DriverBench['show']>[0]);
      mkdirSync(join(view.root, 'mnt'));
      mount({ type: 'bind', source: precious, target: join(view.root, 'mnt') });
      await process.kill();
      await bench.driver.recover?.();
      t.true(exists(precious, 'file'));
      t.deepEqual(await bench.list(), []);
    },
    ['root'],
  );

  claim('a process killed at any moment leaves whole snapshots or none', async (t, bench) => {
    for (let round = 0; round < 8; round++) {
      const writer = await startProcess(WRITER, [module, bench.root, String(round)]);
      await sleep(round * 7);
      await writer.kill();
      await bench.driver.recover?.();
      const infos = await bench.list();
      t.deepEqual(
        infos.filter(({ kind }) => kind !== 'committed'),
        [],
      );
      for (const { id } of infos.slice(-3)) {
        const view = await bench.show(await bench.driver.prepare(key('look'), id as never));
        t.is(readdirSync(view.root).length, 20);
        await view[Symbol.asyncDispose]();
        await bench.driver.remove(key('look'));
      }
    }
  });
}

/** Opens the driver in a process of its own, which holds a snapshot `theirs` and says its mounts. */
async function holding(bench: DriverBench, module: string, method = 'prepare', parent: string | null = 'base'): Promise<TestProcess> {
  return await startProcess(HOLDER, [module, bench.root, method, parent === null ? 'null' : JSON.stringify(chain(parent))]);
}

const HOLDER = `
const [, module, root, method, parent] = process.argv;
const driver = await (await import(module)).open(root);
console.log(JSON.stringify(await driver[method]('theirs', JSON.parse(parent))));
setInterval(() => {}, 1000);
`;

/** Commits snapshots of twenty files each, one after the other, until it is killed. */
const WRITER = `
import { createHash } from 'node:crypto';
const [, module, root, round] = process.argv;
const driver = await (await import(module)).open(root);
const file = (_, n) => ({ type: 'file', path: 'file-' + String(n).padStart(2, '0'), size: 1, mode: 0o644, uid: process.getuid(), gid: process.getgid(), mtime: { seconds: 0, nanoseconds: 0 } });
const index = Array.from({ length: 20 }, file);
console.log('ready');
for (let n = 0; ; n++) {
  await driver.prepare('writing', null);
  await driver.apply('writing', index, () => ({ kind: 'bytes', bytes: Buffer.from('x') }));
  await driver.commit('writing', 'sha256:' + createHash('sha256').update(round + '-' + n).digest('hex'));
}
`;
