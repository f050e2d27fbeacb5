import { type BuildInfo, type BuildRequest, type Plan, type RunStep, type Stage, type StepInputs, VarveError } from '@varve/core';
import { formatPlatform, hostPlatform, type Platform } from '@varve/core/image';
import { type BinfmtHandler, binfmtHandlers, handlerFor } from './binfmt-handlers.ts';

/** What processors run besides their own. */
const ALSO: Readonly<Record<string, readonly string[]>> = { amd64: ['386'], arm64: ['arm'] };

/**
 * Refuses a plan with a process that nothing here could run, before anything of it is done; warns where running it takes something that the
 * image must bring. Where caches of other machines are asked, such a process may not have to run at all: see `refuseForeignProcess`.
 *
 * @throws VarveError `RUN_PLATFORM`
 */
export async function refuseForeign(plan: Plan, { platform, request, emit }: BuildInfo): Promise<void> {
  const foreign = plan.stages.flatMap((stage) => {
    const own = platformOf(stage, plan.stages, platform);
    const first = stage.steps.find((step) => step.kind === 'run');
    return first === undefined || isNative(own) ? [] : [{ platform: own, step: first }];
  });
  if (foreign.length === 0) return;
  const handlers = await binfmtHandlers();
  const loose = new Map<string, BinfmtHandler>();
  for (const { platform: wanted, step } of foreign) {
    const handler = wanted.os === 'linux' ? handlers && handlerFor(wanted.architecture, handlers) : undefined;
    if (handler === undefined && !mayBeFound(request) && !isUnknown(wanted, handlers)) throw cannotRun(step, wanted);
    if (handler?.isFixed === false) loose.set(formatPlatform(wanted), handler);
  }
  for (const [name, handler] of loose)
    emit({
      type: 'warning',
      code: 'RUN_EMULATOR',
      message: `${name} is run by ${handler.interpreter}, which the image must have: the handler ${handler.name} was registered without the flag F`,
    });
}

/** The same for a process that has to run after all. Its image may say anything, so that the build must be for another platform, too. */
export async function refuseForeignProcess(step: RunStep, { build, config }: Pick<StepInputs, 'build' | 'config'>): Promise<void> {
  if (!mayBeFound(build.request) || isNative(build.platform) || isNative(config)) return;
  const handlers = await binfmtHandlers();
  const isTaken = config.os === 'linux' && handlers !== undefined && handlerFor(config.architecture, handlers) !== undefined;
  if (!isTaken && !isUnknown(config, handlers)) throw cannotRun(step, config);
}

const mayBeFound = ({ cacheFrom = [] }: BuildRequest): boolean => cacheFrom.length > 0;
/** Nobody may look which handlers there are: the process itself will tell. */
const isUnknown = ({ os }: Platform, handlers: readonly BinfmtHandler[] | undefined): boolean => os === 'linux' && handlers === undefined;

/** What a stage is for: what its base, or the stage that it starts from, was asked for by. */
function platformOf({ base, platform }: Stage, stages: readonly Stage[], fallback: Platform): Platform {
  if (platform !== undefined) return platform;
  const below = base.kind === 'stage' ? stages.find(({ name }) => name === base.name) : undefined;
  return below === undefined ? fallback : platformOf(below, stages, fallback);
}

function isNative({ os, architecture }: Platform): boolean {
  const host = hostPlatform();
  return os === host.os && (architecture === host.architecture || (ALSO[host.architecture] ?? []).includes(architecture));
}

function cannotRun({ source }: RunStep, platform: Platform): VarveError {
  const host = formatPlatform(hostPlatform());
  const message = `Cannot run a process of ${formatPlatform(platform)} on this host (${host})`;
  if (platform.os !== 'linux') return new VarveError('RUN_PLATFORM', `${message}: only processes of linux can be run here`, { source });
  const { architecture } = platform;
  return new VarveError('RUN_PLATFORM', `${message}: no binfmt_misc handler is registered for ${architecture}`, {
    source,
    hint: `Register an emulator: \`apt install qemu-user-static binfmt-support\` on Debian and Ubuntu. Only RUN needs one; a stage that runs on this host's own platform begins with FROM --platform=$BUILDPLATFORM.`,
  });
}
