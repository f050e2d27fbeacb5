import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { whyMissing } from '@varve/core/testing';
import test from 'ava';
import { hierarchies } from '../../system/cgroup/hierarchies.ts';
import { limitFiles } from '../../system/cgroup/limit-files.ts';
import type { ResourceLimits } from '../../system/index.ts';
import { ControlGroup, groupFeatures, sweepControlGroups, uniqueName } from '../../system/index.ts';

const MiB = 1024 * 1024;

const writes = test.macro({
  exec(t, limits: ResourceLimits, first: readonly string[], second: readonly string[]) {
    const written = (version: 1 | 2): readonly string[] =>
      limitFiles(limits, () => version).map(({ name, value, optional = false }) => `${name} ${value}${optional ? ' if there' : ''}`);
    t.deepEqual(written(1), first);
    t.deepEqual(written(2), second);
  },
  title: (_, limits) => `limits ${JSON.stringify(limits)} are files of version 1 and of version 2`,
});
test(writes, {}, [], []);
test(
  writes,
  { memory: 64 * MiB },
  ['memory.limit_in_bytes 67108864', 'memory.memsw.limit_in_bytes 134217728 if there'],
  ['memory.max 67108864', 'memory.swap.max 67108864 if there'],
);
test(
  writes,
  { memory: 64 * MiB, memorySwap: 64 * MiB },
  ['memory.limit_in_bytes 67108864', 'memory.memsw.limit_in_bytes 67108864'],
  ['memory.max 67108864', 'memory.swap.max 0'],
);
test(
  writes,
  { memory: MiB, memorySwap: -1 },
  ['memory.limit_in_bytes 1048576', 'memory.memsw.limit_in_bytes -1 if there'],
  ['memory.max 1048576', 'memory.swap.max max if there'],
);
test(writes, { cpus: 1.5 }, ['cpu.cfs_period_us 100000', 'cpu.cfs_quota_us 150000'], ['cpu.max 150000 100000']);
test(writes, { cpuShares: 1024 }, ['cpu.shares 1024'], ['cpu.weight 39']);
test(writes, { cpuShares: 2 }, ['cpu.shares 2'], ['cpu.weight 1']);
test(writes, { cpuset: '0-1', pids: 10 }, ['cpuset.cpus 0-1', 'pids.max 10'], ['cpuset.cpus 0-1', 'pids.max 10']);
test(writes, { pids: -1 }, ['pids.max max'], ['pids.max max']);

const missing = whyMissing(['linux', 'root']) ?? (groupFeatures().includes('pause') ? undefined : 'no control groups here');
const withGroups = missing === undefined ? test.serial : (test.skip as typeof test.serial);
const note = missing === undefined ? '' : ` (skipped: ${missing})`;

withGroups(`a group that its maker left is ended and removed, also when it stands still${note}`, async (t) => {
  const { dir, version } = hierarchies().get('freezer') ?? { dir: '', version: 1 };
  const left = join(dir, 'varve', `test-${uniqueName()}`);
  mkdirSync(left, { recursive: true });
  const sleeping = spawn('sleep', ['100000']);
  const ended = once(sleeping, 'exit');
  writeFileSync(join(left, 'cgroup.procs'), String(sleeping.pid));
  writeFileSync(join(left, version === 1 ? 'freezer.state' : 'cgroup.freeze'), version === 1 ? 'FROZEN' : '1');
  await sweepControlGroups();
  t.true(existsSync(left)); // somebody may just have made it
  utimesSync(left, 1_000_000_000, 1_000_000_000);
  // Any process of this host that sweeps may be at it already, and is not waited for
  for (let looks = 0; existsSync(left) && looks < 1000; looks++) {
    await sweepControlGroups();
    await sleep(20);
  }
  t.false(existsSync(left));
  t.deepEqual(await ended, [null, 'SIGKILL']);
});

withGroups(`a group whose maker lives is left alone, and ends with what is in it${note}`, async (t) => {
  const group = new ControlGroup(`test-${uniqueName()}`, { pids: 20 });
  const [dir = ''] = group.entry.dirs;
  utimesSync(dir, 1_000_000_000, 1_000_000_000);
  await sweepControlGroups();
  t.true(existsSync(dir));
  const sleeping = spawn('sleep', ['100000']);
  const ended = once(sleeping, 'exit');
  for (const each of group.entry.dirs) writeFileSync(join(each, 'cgroup.procs'), String(sleeping.pid));
  t.deepEqual(group.processes(), [sleeping.pid]);
  group.started();
  t.like(group.stats(), { pids: 1, pidsLimit: 20 });
  await group.remove();
  t.deepEqual(await ended, [null, 'SIGKILL']);
  for (const each of group.entry.dirs) t.false(existsSync(each));
});

withGroups(`processors are limited where the host can${note}`, async (t) => {
  if (!groupFeatures().includes('cpus')) return t.pass();
  const group = new ControlGroup(`test-${uniqueName()}`, { cpus: 0.5, cpuset: '0' });
  const read = (name: string): string | undefined =>
    group.entry.dirs.map((dir) => join(dir, name)).flatMap((path) => (existsSync(path) ? [readFileSync(path, 'utf8').trim()] : []))[0];
  t.is(read('cpu.max') ?? `${read('cpu.cfs_quota_us')} ${read('cpu.cfs_period_us')}`, '50000 100000');
  t.is(read('cpuset.cpus'), '0');
  await group.remove();
});
