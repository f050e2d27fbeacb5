// How long `varve images` and `varve ps -a` take with 1,000 images and 500 containers, beside an empty store.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKernel, IMAGES, type ImageRecord } from '@varve/core';
import { asSnapshotKey, makeImage } from '@varve/core/image';
import { preset } from '../../plugins/cli/src/preset.ts';
import { ContainerStore } from '../../plugins/containers/src/engine.ts';
import type { ContainerSpec } from '../../plugins/containers/src/state/container-record.ts';
import { randomId } from '../../plugins/containers/src/state/names.ts';
import { VARVE, Workbench } from '../helpers/varve.ts';
import { median } from './statistics.ts';

const IMAGE_COUNT = 1000;
const CONTAINER_COUNT = 500;
const RUNS = 15;
/** Milliseconds more than with an empty store that are allowed. */
const ALLOWED = 100;

const dir = mkdtempSync(join(tmpdir(), 'varve-listings-'));
try {
  using base = new Workbench();
  await base.importBusybox();
  const full = join(dir, 'full');
  cpSync(base.root, full, { recursive: true });
  await fill(full);
  report('images', IMAGE_COUNT, ['images'], full);
  report('ps -a', CONTAINER_COUNT, ['ps', '-a'], full);
} finally {
  rmSync(dir, { recursive: true, force: true });
}

async function fill(root: string): Promise<void> {
  await using kernel = createKernel({ root, plugins: preset });
  const images = kernel.get(IMAGES);
  const record = (await images.find('busybox')) as ImageRecord; // it was imported
  const image = await images.open(record);
  for (let i = 0; i < IMAGE_COUNT; i++) {
    const config = { ...image.config, created: new Date(i * 1000).toISOString() };
    await images.put(makeImage({ config, layers: image.layers }), { names: [`localhost/bench/image-${i}:1`] });
  }
  await using store = new ContainerStore(root);
  for (let i = 0; i < CONTAINER_COUNT; i++) {
    const id = randomId();
    const state = { status: 'exited', exitCode: 0, startedAt: i, finishedAt: i } as const;
    store.containers.add({ id, name: `bench_${i}`, createdAt: Date.now(), spec: specOf(record, id), state });
  }
}

function specOf(image: ImageRecord, id: string): ContainerSpec {
  return {
    image: { name: 'busybox', manifest: image.descriptor.digest, id: image.id },
    driver: 'overlay2',
    snapshot: { key: asSnapshotKey(`container-${id.slice(0, 32)}`), parent: null, openedAt: '0' },
    config: { Cmd: ['sh', '-c', 'echo hello'], Env: ['PATH=/bin', 'MODE=bench'], Labels: { tier: 'bench' } },
    hostname: id.slice(0, 12),
    tty: false,
    openStdin: false,
    stdinOnce: false,
    network: 'default',
    hosts: [],
    mounts: [{ type: 'volume', name: 'data', target: '/data', readOnly: false, anonymous: false, copy: true }],
    readOnly: false,
    privileged: false,
    capabilities: {},
    devices: [],
    limits: {},
    ulimits: [],
    init: false,
    noNewPrivileges: false,
    ports: [],
    stopSignal: 'SIGTERM',
    stopTimeout: 10,
    autoRemove: false,
    log: { maxFiles: 1 },
  };
}

/** In turn, so that both see the same machine. */
function report(title: string, count: number, args: readonly string[], full: string): void {
  const times = { empty: [] as number[], full: [] as number[] };
  for (let run = 0; run < RUNS; run++) {
    times.empty.push(timeOf(args, join(dir, 'empty'), 0));
    times.full.push(timeOf(args, full, count));
  }
  const [empty, filled] = [median(times.empty), median(times.full)];
  const isWithin = filled - empty <= ALLOWED;
  process.stdout.write(
    `${title}: empty store ${empty.toFixed(0)} ms, ${count} entries ${filled.toFixed(0)} ms, +${(filled - empty).toFixed(0)} ms ${isWithin ? '✓' : '✗'}\n`,
  );
  if (!isWithin) process.exitCode = 1;
}

function timeOf(args: readonly string[], root: string, least: number): number {
  const start = performance.now();
  const { status, stdout } = spawnSync(process.execPath, [...VARVE, '--root', root, ...args], { encoding: 'utf8' });
  const time = performance.now() - start;
  if (status !== 0 || stdout.split('\n').length - 2 < least) throw new Error(`varve ${args.join(' ')} ended with ${status}`);
  return time;
}
