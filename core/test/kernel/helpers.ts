import type { Hooks } from '../../src/hooks.ts';
import {
  type AnyPlugin,
  type BuildRequest,
  createKernel,
  definePlugin,
  type Plan,
  type PluginApi,
  type Step,
  type VarveError,
} from '../../src/index.ts';
import { memoryStores } from '../../testing/index.ts';
import { jsonFrontend, planSource, toySnapshots, writeSteps } from './toys.ts';

/** A plugin in one line. */
export const plugin = (name: string, apply: (api: PluginApi<undefined>) => void, more: object = {}): AnyPlugin =>
  definePlugin({ name, core: '^0.1.0', apply, ...more });

export const preset = (...more: readonly AnyPlugin[]): readonly AnyPlugin[] => [
  ...more,
  jsonFrontend,
  writeSteps(),
  toySnapshots(),
  memoryStores(),
];
export const kernelOf = (...plugins: readonly AnyPlugin[]) => createKernel({ root: '/nonexistent', plugins });

export const write = (path: string, text = path): Step => ({ kind: 'toy-write', title: `write ${path}`, path, text });
export const stage = (name: string, ...steps: readonly Step[]): Plan['stages'][number] => ({ name, base: { kind: 'scratch' }, steps });
export const onePlan: Plan = { stages: [stage('main', write('a'), write('b'))], target: 'main' };
export const oneBuild = { source: planSource(onePlan) };

/** A build that makes the kernel ask this hook. */
export function buildThatAsks(hook: keyof Hooks): BuildRequest {
  const ask = (what: 'workspace' | 'executor'): Step => ({ kind: 'toy-ask', title: what, what });
  const of = (...stages: Plan['stages']) => ({ source: planSource({ stages, target: 'main' }) });
  switch (hook) {
    case 'executor':
      return of(stage('main', ask('executor')));
    case 'snapshotter':
    case 'storage':
      return of(stage('main', ask('workspace')));
    case 'transport':
      return of({ ...stage('main'), base: { kind: 'image', ref: 'busybox' } });
    case 'exporter':
      return { ...oneBuild, outputs: [{ type: 'anything' }] };
    default:
      return oneBuild;
  }
}

/** What work fails with. */
export const failureOf = async (work: () => unknown): Promise<VarveError> => {
  try {
    await work();
  } catch (failure) {
    return failure as VarveError;
  }
  throw new Error('It did not fail');
};
