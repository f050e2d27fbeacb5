import {
  type Executor,
  type ExpectedProcess,
  type KeyParts,
  type ProcessIO,
  type ProcessResult,
  type ProcessSpec,
  type RunStep,
  type StepHandler,
  type StepInputs,
  type StepResult,
  type StepScope,
  VarveError,
} from '@varve/core';
import { type AccountFiles, accountsIn, accountsInRoot, findUser } from '@varve/core/archive';
import { mergeEnv } from '@varve/core/image';
import { canOpenInRoot } from '@varve/core/system';
import { processEnv, workingDirOf } from './environment.ts';
import { findDevices } from './find-devices.ts';
import { describeRun } from './fingerprint.ts';
import { refuseForeignProcess } from './foreign-steps.ts';
import { limitsOf } from './limits.ts';
import { RunMounts } from './run-mounts.ts';
import { networkOf, parseHosts, parseUlimits } from './settings.ts';

/** Starts a process in the stage's filesystem and waits for it. */
export class RunHandler implements StepHandler<RunStep> {
  readonly #root: string;

  /** `root` is that of the store. */
  constructor(root: string) {
    this.#root = root;
  }

  fingerprint(step: RunStep, inputs: StepInputs): Promise<KeyParts> {
    return describeRun(step, inputs);
  }

  async execute(step: RunStep, scope: StepScope): Promise<StepResult> {
    await refuseForeignProcess(step, scope);
    void scope.workspace().catch(() => undefined); // unpacking goes on while executors are tried; whoever waits below hears of it
    const executor = await scope.executor();
    await using expected = expectProcess(step, scope, executor);
    await using mounts = new RunMounts(this.#root, step, scope);
    const asked = await specOf(step, scope, mounts);
    refuseNetwork(step, asked, executor);
    refuseFeatures(step, asked, executor);
    const process = { ...asked, ...(await userOf(step, scope, { secret: mounts.env, edited: asked.env })) };
    const { root } = await scope.workspace();
    const limits = limitsOf(scope, executor);
    const result = await (expected ?? executor).run({ ...process, root, ...(limits && { limits }) }, ioOf(scope));
    if (result.exitCode !== 0) throw failed(step, result);
    mounts.checkUnchanged();
    return { kind: 'workspace' };
  }
}

/** Mounts may be made after what is begun here, which then would not have them. */
function expectProcess(step: RunStep, { build }: StepScope, executor: Executor): ExpectedProcess | undefined {
  if (step.mounts.length > 0 || (step.scripts ?? []).length > 0) return undefined;
  return executor.expect?.({ network: networkOf(step, build.request.run ?? {}) });
}

/** All but the user and what depends on that; `env` is what devices add. */
async function specOf(step: RunStep, scope: StepScope, placing: RunMounts): Promise<Omit<ProcessSpec, 'root' | 'user'>> {
  const { config, build } = scope;
  const settings = build.request.run ?? {};
  const mounts = await placing.prepare();
  const { devices, hooks, missing, ...edits } = await findDevices(step);
  for (const name of missing)
    scope.warn({ code: 'RUN_DEVICE_MISSING', message: `The device ${name} is not on this host`, source: step.source });
  return {
    mounts: [...mounts, ...edits.mounts],
    args: step.args,
    env: edits.env,
    cwd: workingDirOf(config),
    network: networkOf(step, settings),
    hostname: settings.hostname,
    hosts: parseHosts(settings.addHosts, step),
    shmSize: settings.shmSize,
    ulimits: parseUlimits(settings.ulimits, step),
    ...(step.security === 'insecure' && { privileged: true }),
    ...(devices.length > 0 && { devices }),
    ...(hooks.length > 0 && { hooks }),
  };
}

interface Environment {
  readonly secret: RunMounts['env'];
  readonly edited: readonly string[];
}

async function userOf(step: RunStep, scope: StepScope, { secret, edited }: Environment): Promise<Pick<ProcessSpec, 'user' | 'env'>> {
  const { config } = scope;
  const name = config.config.User ?? '';
  const { home, ...user } = await findUser(await accountsOf(scope, name), name, step);
  return { user, env: mergeEnv(processEnv(step, config, { home, secret }), edited) };
}

/** There always is a root, who is looked up in the workspace: then the tree can be merged while the process runs. */
async function accountsOf(scope: StepScope, name: string): Promise<AccountFiles> {
  if (name !== '' && name !== 'root') return accountsIn(await scope.tree());
  const { root } = await scope.workspace();
  return canOpenInRoot() ? accountsInRoot(root) : accountsIn(await scope.tree());
}

const ioOf = (scope: StepScope): ProcessIO => ({
  signal: scope.signal,
  started: () => void scope.tree().catch(() => undefined), // what is captured is compared with it: whoever does hears of it
  stdout: (chunk) => scope.log('stdout', chunk),
  stderr: (chunk) => scope.log('stderr', chunk),
});

function refuseNetwork(step: RunStep, { network }: Pick<ProcessSpec, 'network'>, { name, capabilities }: Executor): void {
  if (capabilities.networks.includes(network)) return;
  throw new VarveError('RUN_NETWORK', `The executor "${name}" cannot give a process the network "${network}"`, {
    source: step.source,
    hint: `It can give ${capabilities.networks.join(', ')}: see --network and --executor.`,
  });
}

function refuseFeatures(step: RunStep, process: Partial<ProcessSpec>, { name, capabilities: { features = [] } }: Executor): void {
  const needed = (['privileged', 'devices', 'hooks'] as const).find(
    (feature) => process[feature] !== undefined && !features.includes(feature),
  );
  if (needed === undefined) return;
  const flag = needed === 'privileged' ? '--security=insecure' : '--device';
  throw new VarveError('RUN_FEATURE', `The executor "${name}" cannot give a process what ${flag} asks for`, {
    source: step.source,
    hint: 'Take another: --executor oci.',
  });
}

/** What shells and runtimes mean by an exit code. */
const MEANINGS: Readonly<Record<number, string>> = {
  126: 'The program was found but could not be executed: look at its mode and its first line.',
  127: 'The program was not found in the image.',
  137: 'The process was killed, perhaps because memory ran out.',
};

function failed({ args, source }: RunStep, { exitCode, signal }: ProcessResult): VarveError {
  return new VarveError('STEP_FAILED', `process ${JSON.stringify(args.join(' '))} did not complete successfully: exit code: ${exitCode}`, {
    source,
    exitCode,
    hint: MEANINGS[exitCode] ?? (signal && `The process was ended by ${signal}.`),
  });
}
