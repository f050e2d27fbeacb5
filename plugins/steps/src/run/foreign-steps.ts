import { type BuildInfo, type Plan, type RunStep, type Stage, VarveError } from '@varve/core';
import { formatPlatform, hostPlatform, type Platform } from '@varve/core/image';
import { type BinfmtHandler, binfmtHandlers, handlerFor } from './binfmt-handlers.ts';

/** What processors run besides their own. */
const ALSO: Readonly<Record<string, readonly string[]>> = { amd64: ['386'], arm64: ['arm'] };

/**
 * Refuses a plan with a process that nothing here could run, before anything of it is done; warns where running it takes something that the
 * image must bring.
 *
 * @throws VarveError `RUN_PLATFORM`
 */
export async function refuseForeign(plan: Plan, { platform, emit }: BuildInfo): Promise<void> {
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
    if (handler === undefined && (handlers !== undefined || wanted.os !== 'linux')) throw cannotRun(step, wanted);
    if (handler?.isFixed === false) loose.set(formatPlatform(wanted), handler);
  }
  for (const [name, handler] of loose)
    emit({
      type: 'warning',
      code: 'RUN_EMULATOR',
      message: `${name} is run by ${handler.interpreter}, which the image must have: the handler ${handler.name} was registered without the flag F`,
    });
}

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
