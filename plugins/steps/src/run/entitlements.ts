import { type BuildRequest, type Plan, type RunStep, VarveError } from '@varve/core';

/** One thing that goes beyond a sandbox, and how BuildKit says that it may not be had. */
interface Need {
  readonly entitlement: string;
  readonly message: string;
}

/**
 * Refuses a plan with a step that asks for more than the build allows, before anything of it is done.
 *
 * @throws VarveError `RUN_NOT_ALLOWED`
 */
export function refuseUnallowed({ stages }: Plan, request: BuildRequest): void {
  for (const step of stages.flatMap(({ steps }) => steps)) {
    if (step.kind !== 'run') continue;
    const denied = needsOf(step).find(({ entitlement }) => !isAllowed(entitlement, request));
    if (denied === undefined) continue;
    throw new VarveError('RUN_NOT_ALLOWED', denied.message, { source: step.source, hint: `Allow it: --allow ${denied.entitlement}` });
  }
}

function needsOf({ network, security, devices = [] }: RunStep): readonly Need[] {
  const plain = [...(network === 'host' ? ['network.host'] : []), ...(security === 'insecure' ? ['security.insecure'] : [])];
  return [
    ...plain.map((entitlement) => ({ entitlement, message: `${entitlement} is not allowed` })),
    ...devices.map(({ name }) => ({
      entitlement: `device=${name}`,
      message: `device ${name} is requested by the build but not allowed`,
    })),
  ];
}

/** Who gives the whole build the host's network allows it to single steps. */
function isAllowed(entitlement: string, { allow = [], run }: BuildRequest): boolean {
  if (entitlement === 'network.host' && run?.network === 'host') return true;
  return allow.includes(entitlement) || allow.includes(entitlement.split('=', 1)[0] ?? '');
}
