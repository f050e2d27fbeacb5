import { type RunningContainer, VarveError } from '@varve/core';
import type { Request } from '../client/frames.ts';
import { healthCheckOf } from '../health/health-check.ts';
import { HealthMonitor, type Patient } from '../health/health-monitor.ts';
import type { ContainerRecord } from '../state/container-record.ts';
import { Input } from './input.ts';
import { Outputs } from './outputs.ts';
import { execSpec } from './process-spec.ts';
import type { Session } from './session.ts';

/** A container that runs, and what it was made of. */
export interface Running {
  readonly container: RunningContainer;
  readonly record: ContainerRecord;
}

/** Runs another process in a container for whoever asked for it, to its end. */
export async function runGuest(
  session: Session,
  { exec, attach }: Request & { readonly op: 'exec' },
  { container, record }: Running,
): Promise<void> {
  const input = attach?.stdin === true ? new Input() : undefined;
  const outputs = new Outputs();
  if (attach !== undefined) outputs.add(session, attach);
  if (container.pid === 0) throw new VarveError('EXECUTOR_UNSUPPORTED', 'The executor cannot start a second process in a container');
  const spec = await execSpec(record, { exec, pid: container.pid, size: attach?.size });
  const running = await container.exec(spec, {
    stdout: (chunk) => outputs.write('stdout', chunk),
    stderr: (chunk) => outputs.write('stderr', chunk),
    ready: () => outputs.ready(),
    stdin: input,
  });
  session.onInput(input, () => input?.end());
  session.onClose(() => {
    outputs.remove(session);
    input?.end();
  });
  session.onMessage((request) => {
    if (request.op === 'resize') running.resize(request.size);
    if (request.op === 'signal') running.signal(request.signal);
  });
  session.send({ kind: 'started', pid: running.pid });
  const { exitCode } = await running.exit;
  session.end({ kind: 'exit', exitCode });
}

/** Asks for the health of a container, as its config says; `undefined`: nobody wants to know. */
export function watchHealth({ container, record }: Running, tell: Patient['tell']): HealthMonitor | undefined {
  const check = healthCheckOf(record.spec.config);
  if (check === undefined) return undefined;
  const exec = { args: check.args, env: [], tty: false, privileged: false };
  return new HealthMonitor({
    check,
    startedAt: record.state.startedAt ?? Date.now(),
    execute: async (io) => await container.exec(await execSpec(record, { exec, pid: container.pid }), io),
    tell,
  });
}
