import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildEvent, createKernel, definePlugin, type Plan } from '@varve/core';
import { MergedTree } from '@varve/core/archive';
import { memoryStores, temporaryDir } from '@varve/core/testing';
import test from 'ava';
import { steps } from '../src/index.ts';
import { showTree } from './show-layer.ts';

/** A frontend that knows its plan, and somebody who watches. */
const planned = (plan: Plan, events: BuildEvent[]) =>
  definePlugin({
    name: 'planned',
    core: '^0.1.0',
    apply({ hooks }) {
      hooks.frontend.tap(async () => ({ name: 'planned', parse: async () => plan }));
      hooks.event.tap(async (event) => void events.push(event));
    },
  });

const plan: Plan = {
  target: 'app',
  stages: [
    {
      name: 'app',
      base: { kind: 'scratch' },
      steps: [
        { kind: 'mkdir', title: 'WORKDIR /app', path: '/app', owner: '', mode: 0o755 },
        { kind: 'config', title: 'WORKDIR /app', patch: { WorkingDir: '/app' } },
        { kind: 'copy', title: 'COPY . .', from: { kind: 'context' }, sources: [{ kind: 'path', path: '.' }], dest: '.' },
        { kind: 'config', title: 'CMD run', patch: { Cmd: ['run'] } },
      ],
    },
  ],
};

test('files are copied without storage, snapshotter and executor, and only once', async (t) => {
  const dir = temporaryDir(t);
  const context = join(dir, 'context');
  mkdirSync(join(context, 'src'), { recursive: true });
  writeFileSync(join(context, 'src/main'), 'M');
  const events: BuildEvent[] = [];
  await using kernel = createKernel({ root: join(dir, 'store'), plugins: [planned(plan, events), memoryStores(), steps] });
  const build = () => kernel.build({ source: { file: 'plan', text: async () => '' }, context, epoch: 1_700_000_000 });
  const first = await build();
  t.deepEqual(await showTree(await MergedTree.of(first.image.layers)), ['app d755 0:0', 'app/src d755 0:0', 'app/src/main f644 0:0 M']);
  t.like(first.image.config.config, { WorkingDir: '/app', Cmd: ['run'] });
  const second = await build();
  t.is(second.descriptor.digest, first.descriptor.digest);
  t.deepEqual(
    events.flatMap((event) => (event.type === 'step-cached' ? [event.step.title] : [])),
    ['WORKDIR /app', 'COPY . .'],
  );
});
