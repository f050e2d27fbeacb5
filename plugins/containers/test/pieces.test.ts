import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ContainerConfig } from '@varve/core/image';
import test, { type ExecutionContext } from 'ava';
import { DetachKeys, parseDetachKeys } from '../src/client/detach-keys.ts';
import { describeStatus } from '../src/describe/status.ts';
import { type Health, type HealthCheck, healthCheckOf, nextHealth, STARTING, waitFor } from '../src/health/health-check.ts';
import { findTail, LineReader, logFiles } from '../src/logs/read-log.ts';
import type { ContainerState } from '../src/state/container-record.ts';
import { checkName, randomId, randomName } from '../src/state/names.ts';
import { Input } from '../src/supervisor/input.ts';
import { LogFile } from '../src/supervisor/log-file.ts';

const detaches = test.macro({
  exec(t, keys: string, typed: readonly string[], passed: string, isDetached: boolean) {
    const detach = new DetachKeys(parseDetachKeys(keys));
    const taken = typed.map((text) => detach.take(Buffer.from(text)));
    t.is(Buffer.concat(taken.map(({ pass }) => pass)).toString(), passed);
    t.is(
      taken.some((one) => one.isDetached),
      isDetached,
    );
  },
  title: (_, keys, typed) => `${keys} in ${JSON.stringify(typed)}`,
});
test(detaches, 'ctrl-p,ctrl-q', ['ab\x10\x11cd'], 'ab', true);
test(detaches, 'ctrl-p,ctrl-q', ['ab\x10', '\x11'], 'ab', true);
test(detaches, 'ctrl-p,ctrl-q', ['a\x10b'], 'a\x10b', false);
test(detaches, 'ctrl-p,ctrl-q', ['\x10\x10\x11'], '\x10', true);
test(detaches, 'ctrl-a,x', ['\x01x'], '', true);
test(detaches, '', ['\x10\x11'], '\x10\x11', false);
test('keys that no terminal has are refused', (t) => {
  for (const keys of ['ctrl-', 'ctrl-1', 'abc']) t.throws(() => parseDetachKeys(keys), { code: 'USAGE' }, keys);
});

const NOW = Date.parse('2026-01-02T03:04:05Z');
const statuses = test.macro({
  exec(t, state: ContainerState, expected: string) {
    t.is(describeStatus({ state } as Parameters<typeof describeStatus>[0], NOW), expected);
  },
  title: (_, __, expected) => `the status ${expected}`,
});
test(statuses, { status: 'running', startedAt: NOW - 5000 }, 'Up 5 seconds');
test(statuses, { status: 'running', startedAt: NOW - 5000, health: STARTING }, 'Up 5 seconds (health: starting)');
test(statuses, { status: 'running', startedAt: NOW - 5000, health: { ...STARTING, status: 'healthy' } }, 'Up 5 seconds (healthy)');
test(statuses, { status: 'paused', startedAt: NOW - 65_000 }, 'Up About a minute (Paused)');
test(statuses, { status: 'exited', exitCode: 3, finishedAt: NOW - 7_200_000 }, 'Exited (3) 2 hours ago');
test(statuses, { status: 'created' }, 'Created');
test(statuses, { status: 'removing' }, 'Removal In Progress');

/** Looks, a second each, at a container that started with the first: `+` and `-` for how they end. */
const healths = test.macro({
  exec(t, looks: string, changes: Partial<HealthCheck>, expected: Health['status'], streak: number) {
    const check = { args: ['x'], interval: 1000, timeout: 1000, retries: 3, startPeriod: 0, startInterval: 500, ...changes };
    const ends = [...looks].map((look, i) => ({ start: i * 1000, end: i * 1000, exitCode: look === '+' ? 0 : 1, output: '' }));
    const health = ends.reduce((now, end) => nextHealth(now, end, { ...check, startedAt: 0 }), STARTING);
    t.deepEqual([health.status, health.failingStreak, health.log.length], [expected, streak, Math.min(looks.length, 5)]);
    t.is(waitFor(health, { ...check, startedAt: 0 }, 1500), health.status === 'starting' && check.startPeriod > 1500 ? 500 : 1000);
  },
  title: (_, looks, changes, expected) => `after ${looks || 'nothing'} with ${JSON.stringify(changes)} it is ${expected}`,
});
test(healths, '', {}, 'starting', 0);
test(healths, '--', {}, 'starting', 2);
test(healths, '---', {}, 'unhealthy', 3);
test(healths, '+--', {}, 'healthy', 2);
test(healths, '+---+', {}, 'healthy', 0);
test(healths, '-', { retries: 1 }, 'unhealthy', 1);
test(healths, '----', { startPeriod: 3000 }, 'starting', 1);
test(healths, '---', { startPeriod: 9000 }, 'starting', 0);
test(healths, '+---', { startPeriod: 9000 }, 'unhealthy', 3);

const checks = test.macro({
  exec(t, config: ContainerConfig, expected: Partial<HealthCheck> | undefined) {
    const found = healthCheckOf(config);
    if (expected === undefined || found === undefined) t.is(found, expected as undefined);
    else t.like(found, expected);
  },
  title: (_, config) => `the check of ${JSON.stringify(config)}`,
});
test(checks, {}, undefined);
test(checks, { Healthcheck: { Test: ['NONE'] } }, undefined);
test(checks, { Healthcheck: { Interval: 5 } }, undefined);
test(
  checks,
  { Healthcheck: { Test: ['CMD', 'a', 'b'] } },
  { args: ['a', 'b'], interval: 30_000, timeout: 30_000, retries: 3, startPeriod: 0 },
);
test(
  checks,
  { Healthcheck: { Test: ['CMD-SHELL', 'a b'], Interval: 1.5e9, Retries: 1 } },
  { args: ['/bin/sh', '-c', 'a b'], interval: 1500, retries: 1 },
);
test(checks, { Healthcheck: { Test: ['CMD-SHELL', 'a'] }, Shell: ['/bin/bash', '-c'] }, { args: ['/bin/bash', '-c', 'a'] });

test('names are allowed ones, and others are refused', (t) => {
  for (const attempt of [0, 5, 12]) t.notThrows(() => checkName(randomName(attempt)));
  t.is(checkName('/with-slash'), 'with-slash');
  for (const name of ['', 'a', '-a', 'a b', 'a/b', '../x']) t.throws(() => checkName(name), { code: 'CONTAINER_NAME' }, name);
});

const logIn = (t: ExecutionContext): string => {
  const dir = mkdtempSync(join(tmpdir(), 'varve-log-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  return join(dir, 'log');
};
const textsOf = (path: string): readonly string[] =>
  logFiles(path).flatMap((file) => {
    using reader = new LineReader(file);
    return [...reader.lines()].map(({ stream, log }) => `${stream}: ${log}`);
  });

test('a log has a line for each line of output, whatever the pieces it came in', (t) => {
  const path = logIn(t);
  const log = new LogFile(path, { maxFiles: 1 });
  for (const piece of ['on', 'e\ntwo\nth', 'ree']) log.write('stdout', Buffer.from(piece));
  log.write('stderr', Buffer.from('wrong\n'));
  log.close();
  t.deepEqual(textsOf(path), ['stdout: one\n', 'stdout: two\n', 'stderr: wrong\n', 'stdout: three']);
});

test('a long line is cut between characters', (t) => {
  const path = logIn(t);
  const log = new LogFile(path, { maxFiles: 1 });
  const line = `x${'€'.repeat(20_000)}\n`;
  log.write('stdout', Buffer.from(line));
  log.close();
  const pieces = textsOf(path).map((text) => text.slice('stdout: '.length));
  t.true(pieces.length > 3);
  t.is(pieces.join(''), line);
});

test('the tail of a log is found across blocks', (t) => {
  const path = logIn(t);
  const log = new LogFile(path, { maxFiles: 1 });
  for (let i = 0; i < 3000; i++) log.write('stdout', Buffer.from(`${i} ${'x'.repeat(i % 90)}\n`));
  log.close();
  for (const count of [0, 1, 7, 2999, 3000]) {
    const { at, missing } = findTail(path, count);
    t.is(readFileSync(path).subarray(at).toString().split('\n').length - 1, count, String(count));
    t.is(missing, 0, String(count));
  }
  t.is(findTail(path, 3005).missing, 5);
});

test('whoever writes more than is read is asked to wait, and to go on', async (t) => {
  const input = new Input();
  const asked: string[] = [];
  const flow = { pause: () => void asked.push('pause'), resume: () => void asked.push('resume') };
  for (let i = 0; i < 3; i++) input.write(Buffer.alloc(40_000), flow);
  t.deepEqual(asked, ['pause', 'pause']);
  input.end();
  let size = 0;
  for await (const chunk of input) size += chunk.length;
  t.is(size, 120_000);
  t.true(asked.includes('resume'));
});

test('an ID has 64 digits', (t) => {
  t.regex(randomId(), /^[0-9a-f]{64}$/);
});
