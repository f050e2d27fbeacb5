import { execFileSync } from 'node:child_process';
import { lock, tryLock } from '@varve/core/system';
import test from 'ava';
import { makeTemp } from './helpers.ts';

test('a lock is held by one at a time', (t) => {
  const path = `${makeTemp(t)}/lock`;
  const first = tryLock(path);
  t.is(tryLock(path), undefined);
  first?.release();
  const second = tryLock(path);
  t.truthy(second);
  first?.release();
  t.is(tryLock(path), undefined, 'releasing twice does not release for another');
  second?.release();
});

test('shared locks are held by many, and keep the exclusive one away', (t) => {
  const path = `${makeTemp(t)}/lock`;
  using one = tryLock(path, { shared: true });
  using two = tryLock(path, { shared: true });
  t.truthy(one && two);
  t.is(tryLock(path), undefined);
});

test('another process sees the lock', (t) => {
  const path = `${makeTemp(t)}/lock`;
  using held = tryLock(path);
  t.truthy(held);
  t.throws(() => execFileSync('flock', ['-n', path, 'true']));
});

test('who waits gets the lock when it is free', async (t) => {
  const path = `${makeTemp(t)}/lock`;
  const first = tryLock(path);
  setTimeout(() => first?.release(), 30);
  using second = await lock(path);
  t.truthy(second);
});

test('waiting can be cancelled', async (t) => {
  const path = `${makeTemp(t)}/lock`;
  using held = tryLock(path);
  t.truthy(held);
  await t.throwsAsync(lock(path, { signal: AbortSignal.timeout(20) }));
});
