import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BuildEventBody, BuildRequest, Plan, RunStep, Stage } from '@varve/core';
import { formatPlatform, hostPlatform, type Platform } from '@varve/core/image';
import test, { type ExecutionContext } from 'ava';
import { binfmtHandlers, handlerFor } from '../src/run/binfmt-handlers.ts';
import { elfHeader } from '../src/run/elf-header.ts';
import { refuseForeign, refuseForeignProcess } from '../src/run/foreign-steps.ts';

const source = { file: 'Dockerfile', startLine: 3, endLine: 3 };
const run: RunStep = { kind: 'run', title: 'RUN true', args: ['true'], env: [], network: 'default', mounts: [], source };
const foreign: Platform = { os: 'linux', architecture: 'mips64' };
const on = (name: string, more: Partial<Stage> = {}): Stage => ({ name, base: { kind: 'scratch' }, steps: [run], ...more });
const planOf = (...stages: readonly Stage[]): Plan => ({ stages, target: stages.at(-1)?.name ?? '' });

const cacheFrom = [{ type: 'registry', attributes: {} }];

async function ask(plan: Plan, platform: Platform, request: Partial<BuildRequest> = {}): Promise<readonly BuildEventBody[]> {
  const told: BuildEventBody[] = [];
  await refuseForeign(plan, { id: 'b', request: request as BuildRequest, platform, emit: (event) => void told.push(event) });
  return told;
}

const runs = test.macro(async (t, plan: Plan, platform: Platform) => {
  t.deepEqual(await ask(plan, platform), []);
});
test('a process of this host’s platform needs nobody', runs, planOf(on('main')), hostPlatform());
test('a stage without processes needs nobody', runs, planOf(on('main', { steps: [] })), foreign);
test(
  'a stage on this host’s platform needs nobody',
  runs,
  planOf(on('build', { platform: hostPlatform() }), on('main', { steps: [] })),
  foreign,
);
test(
  'a stage that starts from one on this host’s platform needs nobody',
  runs,
  planOf(on('build', { platform: hostPlatform() }), on('main', { base: { kind: 'stage', name: 'build' } })),
  foreign,
);

const refused = test.macro(async (t, plan: Plan, platform: Platform, message: RegExp) => {
  const failure = await t.throwsAsync(ask(plan, platform), { code: 'RUN_PLATFORM', message });
  t.deepEqual((failure as { source?: unknown } | undefined)?.source, source);
});
const missing = new RegExp(
  `^Cannot run a process of linux/mips64 on this host \\(${formatPlatform(hostPlatform())}\\): no binfmt_misc handler is registered for mips64$`,
);
test('a process of another architecture is refused', refused, planOf(on('main')), foreign, missing);
test(
  'a process of a stage for another architecture is refused',
  refused,
  planOf(on('build', { platform: foreign }), on('main')),
  hostPlatform(),
  missing,
);
test(
  'a process of another system is refused',
  refused,
  planOf(on('main')),
  { os: 'windows', architecture: 'amd64' },
  /only processes of linux/,
);

test('where caches of other machines are asked, a process is refused when it has to run', async (t) => {
  t.deepEqual(await ask(planOf(on('main')), foreign, { cacheFrom }), []);
  const inputs = (platform: Platform, architecture: string) => ({
    build: { id: 'b', request: { cacheFrom } as unknown as BuildRequest, platform, emit: () => undefined },
    config: { os: 'linux', architecture, config: {}, history: [] },
  });
  await t.throwsAsync(refuseForeignProcess(run, inputs(foreign, 'mips64')), { code: 'RUN_PLATFORM' });
  await t.notThrowsAsync(refuseForeignProcess(run, inputs(hostPlatform(), 'mips64'))); // images say many things
  await t.notThrowsAsync(refuseForeignProcess(run, inputs(foreign, hostPlatform().architecture)));
});

/** Registers busybox, which does not look at what it is given, for an architecture that nobody else registers here. */
function registered(t: ExecutionContext, flags: string): boolean {
  const dir = mkdtempSync(join(tmpdir(), 'varve-binfmt-test-'));
  const name = `varve-test-${process.pid}`;
  if (spawnSync('mount', ['-t', 'binfmt_misc', 'none', dir]).status !== 0) {
    rmdirSync(dir);
    return false;
  }
  t.teardown(() => {
    if (existsSync(join(dir, name))) writeFileSync(join(dir, name), '-1');
    spawnSync('umount', [dir]);
    rmdirSync(dir);
  });
  const magic = [...(elfHeader('loong64') ?? [])]
    .slice(0, 20)
    .map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`)
    .join('');
  const busybox = ['/bin/busybox', '/usr/bin/busybox'].find(existsSync) ?? '';
  writeFileSync(join(dir, 'register'), `:${name}:M::${magic}::${busybox}:${flags}`);
  return true;
}
const loong: Platform = { os: 'linux', architecture: 'loong64' };

test.serial('a process is let through where a handler takes its architecture', async (t) => {
  if (!registered(t, 'F')) return void t.pass('binfmt_misc cannot be mounted here');
  const handler = handlerFor('loong64', (await binfmtHandlers()) ?? []);
  t.true(handler?.isFixed);
  t.deepEqual(await ask(planOf(on('main')), loong), []);
});

test.serial('of a handler without the flag F is said that the image must bring the interpreter', async (t) => {
  if (!registered(t, '')) return void t.pass('binfmt_misc cannot be mounted here');
  const [told] = await ask(planOf(on('main')), loong);
  t.like(told, { type: 'warning', code: 'RUN_EMULATOR' });
});
