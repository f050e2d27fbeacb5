import type { Entry } from '../../archive/index.ts';
import { chainOf, type Layer } from '../../image/index.ts';
import {
  type BuildSource,
  definePlugin,
  type Frontend,
  handles,
  LAYERS,
  type LayerStore,
  type Plan,
  type Snapshots,
  type Snapshotter,
  type StepBase,
  type StepHandler,
  type StepResult,
  type StorageDriver,
} from '../../src/index.ts';

/** A step that writes one file, for tests of everything around steps. */
export interface WriteStep extends StepBase<'toy-write'> {
  readonly path: string;
  readonly text: string;
}
/** A step that asks the kernel for something and does nothing with it. */
export interface AskStep extends StepBase<'toy-ask'> {
  readonly what: 'workspace' | 'executor';
}
declare module '../../src/contracts/plan.ts' {
  interface StepKinds {
    'toy-write': WriteStep;
    'toy-ask': AskStep;
  }
}

/** Reads plans that are written as JSON. */
export const jsonFrontend = definePlugin({
  name: 'toy-frontend',
  core: '^0.1.0',
  apply({ hooks }) {
    const frontend: Frontend = {
      name: 'json',
      parse: async (source) => JSON.parse(await source.text()) as Plan,
    };
    hooks.frontend.tap(async (source) => (source.file.endsWith('.json') ? frontend : undefined));
  },
});

/** Composes the layer of a `toy-write` step; counts how often. */
export class WriteHandler implements StepHandler<WriteStep> {
  executed = 0;

  async fingerprint({ path, text }: WriteStep) {
    return { path, text };
  }

  async execute({ path, text }: WriteStep): Promise<StepResult> {
    this.executed++;
    const bytes = Buffer.from(text);
    const file: Entry = { type: 'file', path, mode: 0o644, uid: 0, gid: 0, mtime: { seconds: 0, nanoseconds: 0 }, size: bytes.length };
    return { kind: 'layer', draft: { index: [file], content: () => ({ kind: 'bytes', bytes }) } };
  }
}

const askHandler: StepHandler<AskStep> = {
  fingerprint: async ({ what }) => ({ what }),
  execute: async ({ what }, scope) => {
    await scope[what]();
    return { kind: 'workspace' };
  },
};

/** Snapshots that hold nothing, counted as they are opened, committed and thrown away. */
export class ToySnapshotter implements Snapshotter {
  readonly name = 'toy';
  readonly log: string[] = [];
  layers: LayerStore | undefined;

  start(): Snapshots {
    const open = async () => ({
      root: '/nonexistent',
      [Symbol.asyncDispose]: async () => void this.log.push('disposed'),
    });
    return {
      unpack: async (layers) => chainOf(layers.map((layer) => layer.id)),
      open: async () => {
        this.log.push('opened');
        return await open();
      },
      keep: async (key, parent) => ({ key, parent, openedAt: '0' }),
      show: open,
      capture: async () => ({ index: [], content: () => ({ kind: 'bytes', bytes: Buffer.alloc(0) }) }),
      commit: async (_, layer) => {
        this.log.push('committed');
        return (await this.layers?.keep(layer, '/nonexistent')) ?? layer;
      },
    };
  }

  async settle(layers: readonly Layer[]): Promise<readonly Layer[]> {
    return layers;
  }
}

const driver = {
  name: 'toy',
  capabilities: {},
  stat: async () => undefined,
  [Symbol.asyncDispose]: async () => undefined,
} as unknown as StorageDriver;
export const toySnapshots = (snapshotter = new ToySnapshotter()) =>
  definePlugin({
    name: 'toy-snapshots',
    core: '^0.1.0',
    apply({ hooks, inject }) {
      const made = inject('toy-snapshotter', [LAYERS], (layers) => Object.assign(snapshotter, { layers }));
      hooks.snapshotter.tap(async () => made());
      hooks.storage.tap(async () => driver);
    },
  });

export const writeSteps = (handler = new WriteHandler()) =>
  definePlugin({
    name: 'toy-steps',
    core: '^0.1.0',
    apply({ hooks }) {
      hooks.handler.tap(handles('toy-write', () => handler));
      hooks.handler.tap(handles('toy-ask', () => askHandler));
    },
  });

/** A plan as the source of a build. */
export const planSource = (plan: Plan): BuildSource => ({ file: 'plan.json', text: async () => JSON.stringify(plan) });
