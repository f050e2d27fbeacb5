import { readFileSync, writeFileSync } from 'node:fs';
import { hexOf, parseReference } from '@varve/core/image';
import { transportContract } from '@varve/core/testing';
import test from 'ava';
import { isRegistryMissing, registryFor } from './docker-registry.ts';
import { openHub } from './hub-bench.ts';

let count = 0;

if (isRegistryMissing()) test.skip('docker-registry: the contract of transports (skipped: it is not installed)', (t) => t.pass());
else {
  const registry = registryFor(test);
  transportContract(test, {
    name: 'docker-registry',
    async open(t, dir) {
      const { transport, store } = openHub(t, dir);
      return { transport, layers: store.layers };
    },
    async destination() {
      count++;
      return parseReference(`${registry().host}/acme/app${count}:1.0`);
    },
    async unknown() {
      return parseReference(`${registry().host}/acme/nothing:1.0`);
    },
    async damage(_, blob) {
      const file = registry().blobFile(hexOf(blob));
      const bytes = readFileSync(file);
      bytes[20] = (bytes[20] ?? 0) ^ 0xff;
      writeFileSync(file, bytes);
    },
  });
}
