import { execFile, spawnSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { PassThrough, Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';
import { CONTENT, type Command, type Host, IMAGES, LAYERS, type Token } from '@varve/core';
import { asLayerID, digestOf, type Image, type Layer, makeImage } from '@varve/core/image';
import { entry, fixtureLayer } from '@varve/core/testing';
import type { ExecutionContext } from 'ava';
import { LocalStore } from '../../store-local/src/local-store.ts';

/** A store on disk that is closed when the test ends. */
export function openStore(t: ExecutionContext, dir: string): LocalStore {
  const store = new LocalStore(dir);
  t.teardown(() => store[Symbol.asyncDispose]());
  return store;
}

const TIME = '2001-09-09T01:46:40Z';

export const sampleLayer = (name: string, size = 2000): Layer =>
  fixtureLayer(asLayerID(digestOf(name)), [entry.dir('etc'), entry.file(`etc/${name}`, size)]);

/** An image of these layers. */
export const sampleImage = (layers: readonly Layer[], cmd = '/bin/sh'): Image =>
  makeImage({
    config: {
      os: 'linux',
      architecture: 'amd64',
      created: TIME,
      config: { Cmd: [cmd], Env: ['A=1'] },
      history: layers.map((_, i) => ({ created: TIME, created_by: `layer ${i}` })),
    },
    layers,
  });

/** Runs a program of the host; its output. */
export async function run(program: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(program, [...args], { maxBuffer: 64 << 20 });
  return stdout;
}

/** Why a test that needs these programs is skipped. */
export const isMissing = (...programs: readonly string[]): boolean =>
  programs.some((program) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0);

export interface Ran {
  readonly code: number;
  readonly stdout: string;
}

/** Runs a command of the plugin on a store, as the command line does. */
export async function runCommand(
  command: Command,
  store: LocalStore,
  {
    values = {},
    positionals = [],
    stdin = Readable.from([]),
  }: { values?: Record<string, string | boolean | readonly string[]>; positionals?: readonly string[]; stdin?: Readable },
): Promise<Ran> {
  const services = new Map<symbol, unknown>([
    [CONTENT.id, store.content],
    [LAYERS.id, store.layers],
    [IMAGES.id, store.images],
  ]);
  const host = { get: <T>(token: Token<T>) => services.get(token.id) as T } as unknown as Host; // no more of it is used
  const chunks: Buffer[] = [];
  const stdout = new Writable({
    write(chunk, _, done) {
      chunks.push(chunk);
      done();
    },
  });
  const code = await command.run({
    host,
    values,
    positionals,
    stdin,
    stdout,
    stderr: new PassThrough(),
    signal: new AbortController().signal,
  });
  return { code, stdout: Buffer.concat(chunks).toString('latin1') };
}

export const readFileStream = (path: string): Readable => createReadStream(path);

export async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}
