import { mkdirSync, readdirSync } from 'node:fs';
import { VarveError } from '@varve/core';
import { type Content, extractLayer, type FileEntry } from '@varve/core/archive';
import test from 'ava';
import { asRoot, dir, file, hardlink, indexOf, link, makeTemp, tarOf, whiteout } from './helpers.ts';

/** A small generator with a seed: the same damage on every run. */
function* random(seed: number): Generator<number, never, undefined> {
  for (let state = seed; ; ) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    yield state / 2 ** 31;
  }
}

const VALID = await tarOf([
  whiteout('gone'),
  dir('d', { xattrs: { 'user.a': '\x00\xff' }, mtime: { seconds: 1, nanoseconds: 5 } }),
  file('d/f', 'd/f', { uid: 3_000_000 }),
  hardlink('d/h', 'd/f'),
  link('d/l', 't'.repeat(130)),
  { ...dir('p'), type: 'fifo' },
]);

/** Changes a few bytes and mends the checksums, so that the damage gets past them. */
function damage(seed: number): Buffer {
  const numbers = random(seed);
  const bytes = Buffer.from(VALID);
  for (let i = 0; i < 3; i++) bytes[Math.floor(numbers.next().value * bytes.length)] = Math.floor(numbers.next().value * 256);
  for (let at = 0; at < bytes.length; at += 512) {
    if (bytes.toString('latin1', at + 257, at + 262) !== 'ustar') continue;
    bytes.write('        ', at + 148);
    const sum = bytes.subarray(at, at + 512).reduce((total, byte) => total + byte, 0);
    bytes.write(`${sum.toString(8).padStart(6, '0')}\x00 `, at + 148);
  }
  return bytes;
}

test('a damaged tar is read or refused with a code, never anything else', async (t) => {
  let refused = 0;
  for (let seed = 1; seed <= 1000; seed++) {
    try {
      await indexOf(damage(seed), 700);
    } catch (error) {
      refused++;
      if (!VarveError.is(error)) throw new Error(`Seed ${seed}`, { cause: error });
    }
  }
  t.true(refused > 50);
});

asRoot('whatever a damaged tar says, nothing is written outside', async (t: Parameters<typeof makeTemp>[0]) => {
  const temp = makeTemp(t);
  const content = ({ size }: FileEntry): Content => ({ kind: 'bytes', bytes: Buffer.alloc(size) });
  mkdirSync(`${temp}/root`);
  for (let seed = 1; seed <= 100; seed++) {
    const index = await indexOf(damage(seed)).catch(() => []);
    await extractLayer(index, content, `${temp}/root`, { whiteouts: 'apply' }).catch(() => undefined);
  }
  t.deepEqual(readdirSync(temp), ['root']);
});
