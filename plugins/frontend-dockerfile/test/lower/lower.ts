import type { BuildWarning, Plan, Stage, Step } from '@varve/core';
import { VarveError } from '@varve/core';
import type { ContainerConfig, HistoryRow, Platform } from '@varve/core/image';
import { dockerfileFrontend } from '../../src/dockerfile-frontend.ts';

export interface Options {
  readonly target?: string;
  readonly args?: Readonly<Record<string, string>>;
  /** Configs of the images that exist. */
  readonly images?: Readonly<Record<string, Partial<ContainerConfig>>>;
  readonly contexts?: Readonly<Record<string, string>>;
  readonly contextTime?: number;
  readonly files?: Readonly<Record<string, string>>;
  readonly beside?: Readonly<Record<string, string>>;
  readonly platform?: Platform;
  /** Of every image. */
  readonly history?: readonly HistoryRow[];
}

export interface Lowered {
  readonly plan: Plan;
  readonly warnings: readonly BuildWarning[];
  readonly resolved: readonly string[];
}

const AMD64: Platform = { os: 'linux', architecture: 'amd64' };

/** A Dockerfile's plan, with a host that knows `base` and whatever the options name. */
export async function lower(text: string, options: Options = {}): Promise<Lowered> {
  const warnings: BuildWarning[] = [];
  const resolved: string[] = [];
  const images: NonNullable<Options['images']> = { base: { Env: ['PATH=/bin'] }, ...options.images };
  const plan = await dockerfileFrontend.parse(
    { file: 'Dockerfile', text: async () => text },
    {
      target: options.target,
      args: options.args ?? {},
      platform: options.platform ?? AMD64,
      buildPlatform: AMD64,
      contextTime: options.contextTime,
      contexts: options.contexts ?? {},
      async resolveConfig(ref) {
        resolved.push(ref);
        const config = Object.hasOwn(images, ref) ? images[ref] : undefined;
        if (config === undefined) throw new VarveError('IMAGE_UNKNOWN', `no image ${ref}`);
        return { ...AMD64, config, history: options.history ?? [] };
      },
      readContext: async (path) => options.files?.[path],
      readBeside: async (suffix) => options.beside?.[suffix],
      warn: (warning) => warnings.push(warning),
    },
  );
  return { plan, warnings, resolved };
}

export async function lowerTarget(text: string, options?: Options): Promise<Stage> {
  const { plan } = await lower(text, options);
  const stage = plan.stages.find(({ name }) => name === plan.target);
  if (stage === undefined) throw new Error('the plan has no target');
  return stage;
}

/** The steps below `FROM base`. */
export async function steps(text: string, options?: Options): Promise<readonly Step[]> {
  return (await lowerTarget(`FROM base\n${text}`, options)).steps;
}

export async function lastStep(text: string, options?: Options): Promise<Step> {
  const step = (await steps(text, options)).at(-1);
  if (step === undefined) throw new Error('there is no step');
  return step;
}
