import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Builder } from '../builders/builder.ts';
import { editFile, writeBigFile, writeFile, writeTree } from '../generate.ts';
import { compressors, copyLimit, hashOf, tarAndHash } from '../limits.ts';
import { BASE, type Site, type Step, type Workload } from './workload.ts';

const MEGABYTE = 1_000_000;
const TAG = 'localhost/bench/parts:1';

/** 300 MB in five layers, half of it incompressible. The last layer is small and may be changed. */
function writeParts(site: Site): { readonly context: string; readonly edit: () => void } {
  const context = join(site.dir, 'context');
  for (const [number, kind] of (['random', 'text', 'random', 'text'] as const).entries())
    writeBigFile(join(context, `part-${number}`, 'data'), site.times(65 * MEGABYTE), kind);
  writeTree(join(context, 'part-4'), site.times(4000));
  const copies = [0, 1, 2, 3, 4].map((number) => `COPY part-${number} /part-${number}\n`);
  writeFile(join(context, 'Dockerfile'), `FROM ${BASE.busybox}\n${copies.join('')}`);
  return { context, edit: () => editFile(join(context, 'part-4/edited'), `${site.next()}\n`) };
}

/** To a registry on this machine and back. */
export const registry: Workload = {
  id: 'W7',
  title: '300 MB, registry',
  base: 'busybox',
  needs: ['registry'],
  open(site) {
    const { context, edit } = writeParts(site);
    let host = '';
    const name = (tag: string) => `${host}/bench/parts:${tag}`;
    const build: Step['run'] = (builder) => [site.build(builder, context, TAG)];
    const rebuild = async (builder: Builder) => {
      edit();
      await site.must(site.build(builder, context, TAG));
    };
    const startRegistry = async () => {
      host = await site.freshRegistry();
    };
    const push =
      (tag: string): Step['run'] =>
      (builder) => [builder.push(TAG, name(tag))];
    return {
      warm: context,
      limits: [tarAndHash(context), ...compressors(context, join(site.dir, 'limit.tar'))],
      steps: [
        { name: 'build', prepare: startRegistry, run: build, limit: { 'tar | sha256sum': 1 } },
        { name: 'push cold', run: push('1'), goal: 0.5, limit: { 'pigz -6': 1 } },
        { name: 'push again', run: push('1'), goal: 1, limit: { 'node -e 0': 1 } },
        { name: 'push top changed', prepare: rebuild, run: push('2'), goal: 0.8, limit: { 'node -e 0': 1 } },
        {
          name: 'pull',
          prepare: (builder) => builder.reset(),
          run: (builder) => [builder.pull(name('1'))],
          goal: 0.5,
          limit: { gunzip: 1 },
        },
      ],
    };
  },
};

/** To an archive and back. */
export const archives: Workload = {
  id: 'W8',
  title: '300 MB, archive',
  base: 'busybox',
  open(site) {
    const { context } = writeParts(site);
    const file = join(site.dir, 'saved.tar');
    const buildAgain = async (builder: Builder) => {
      rmSync(file, { force: true });
      await site.must(site.build(builder, context, TAG));
    };
    const empty = async (builder: Builder) => {
      if (!existsSync(file)) throw new Error('Nothing was saved');
      await builder.reset();
    };
    return {
      warm: context,
      limits: [hashOf(join(context, 'part-0', 'data')), copyLimit(context, join(site.dir, 'copy'))],
      steps: [
        { name: 'save', prepare: buildAgain, run: (builder) => [builder.save(TAG, file)], goal: 0.4, limit: { 'cp -a': 1 } },
        { name: 'load', prepare: empty, run: (builder) => [builder.load(file)], goal: 0.4, limit: { sha256: 4.6, 'cp -a': 1 } },
      ],
    };
  },
};

/** 1 GB in five layers of which half is incompressible, from an archive's image to a registry and back: nothing is built. */
export const transfer: Workload = {
  id: 'R1',
  title: '1 GB, registry',
  needs: ['registry'],
  isTransport: true,
  async open(site) {
    const context = join(site.dir, 'context');
    for (const [number, kind] of (['random', 'text', 'random', 'text', 'random'] as const).entries())
      writeBigFile(join(context, `part-${number}`), site.times(200 * MEGABYTE), kind);
    const copies = [0, 1, 2, 3, 4].map((number) => `COPY part-${number} /part-${number}\n`);
    writeFile(join(context, 'Dockerfile'), `FROM scratch\n${copies.join('')}`);
    const archive = join(site.dir, 'archive.tar');
    await site.makeArchive(context, TAG, archive);
    let host = '';
    const load = async (builder: Builder) => {
      host = await site.freshRegistry();
      await site.must(builder.load(archive));
    };
    return {
      warm: context,
      limits: compressors(context, join(site.dir, 'limit.tar')),
      steps: [
        { name: 'push', prepare: load, run: (builder) => [builder.push(TAG, `${host}/bench/big:1`)], goal: 1, limit: { 'pigz -6': 1 } },
        {
          name: 'pull',
          prepare: (builder) => builder.reset(),
          run: (builder) => [builder.pull(`${host}/bench/big:1`)],
          goal: 1,
          limit: { gunzip: 1 },
        },
      ],
    };
  },
};
