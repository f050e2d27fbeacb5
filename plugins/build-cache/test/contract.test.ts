import { randomUUID } from 'node:crypto';
import { sharedCacheContract } from '@varve/core/testing';
import test from 'ava';
import { Machine, MemoryPlaces, registry } from './cache-bench.ts';

const places = new MemoryPlaces();

sharedCacheContract(test, {
  name: 'build-cache',
  open: async () => new Machine(places),
  async place() {
    const ref = `acme/${randomUUID()}`;
    return { to: registry(ref, { mode: 'max' }), from: registry(ref) };
  },
});
