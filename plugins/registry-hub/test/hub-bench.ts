import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { asLayerID, digestOf, type Image, type Layer, makeImage } from '@varve/core/image';
import { entry, fixtureLayer } from '@varve/core/testing';
import type { ExecutionContext } from 'ava';
import { LocalStore } from '../../store-local/src/local-store.ts';
import { HubTransport } from '../src/hub-transport.ts';
import { type RegistryOptions, readOptions } from '../src/options.ts';

export const PLATFORM = { os: 'linux', architecture: 'amd64' };

/** Options that keep a test apart from what this machine says about registries. */
export const NO_FILES = { credentials: [], daemonFiles: [], registriesConf: [], registriesConfDirs: [], hostsDirs: [], certsDirs: [] };

/** A transport with a store of its own, that knows no credentials but those of `options`; closed when the test ends. */
export function openHub(t: ExecutionContext, dir: string, options: Partial<RegistryOptions> = {}) {
  const store = new LocalStore(join(dir, 'store'));
  const stores = { content: store.content, layers: store.layers, facts: store.fileDigests, temporary: join(dir, 'store/tmp') };
  const transport = new HubTransport(stores, { ...readOptions(NO_FILES), ...options });
  t.teardown(async () => {
    await transport[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  });
  return { store, transport };
}

const TIME = '2001-09-09T01:46:40Z';
export const sampleLayer = (name: string, size = 2000): Layer =>
  fixtureLayer(asLayerID(digestOf(name)), [entry.dir('etc'), entry.file(`etc/${name}`, size)]);
export const sampleImage = (layers: readonly Layer[] = [sampleLayer('one'), sampleLayer('two', 300_000)]): Image =>
  makeImage({
    config: {
      ...PLATFORM,
      created: TIME,
      config: { Cmd: ['/bin/sh'] },
      history: layers.map(() => ({ created: TIME, created_by: 'test' })),
    },
    layers,
  });

export async function run(program: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(program, [...args], { maxBuffer: 64 << 20 });
  return stdout;
}
export const isMissing = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0;
