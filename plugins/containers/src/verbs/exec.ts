import { type Invocation, VarveError } from '@varve/core';
import { isOn, listOf, only, textOf, usageError } from '@varve/core/command';
import { attach, outputTo } from '../client/attachment.ts';
import type { Connection } from '../client/connection.ts';
import { DEFAULT_DETACH_KEYS, parseDetachKeys } from '../client/detach-keys.ts';
import { connectSupervisor } from '../client/supervisors.ts';
import { isTerminal, sizeOf } from '../client/terminal.ts';
import { readEnv } from '../create/read-env.ts';
import type { Engine } from '../engine.ts';
import type { ContainerRecord } from '../state/container-record.ts';
import { findContainer } from '../state/find-container.ts';

export async function exec(engine: Engine, invocation: Invocation): Promise<number> {
  const { values, positionals, stdout, signal } = invocation;
  const [text, ...args] = positionals;
  if (text === undefined || args.length === 0)
    throw usageError('"varve exec" requires at least 2 arguments', 'varve exec [options] <container> <command> [<argument>...]');
  const record = running(engine, text, 'exec');
  const tty = isOn(values, 'tty');
  const detach = isOn(values, 'detach');
  const stdin = isOn(values, 'interactive') && !detach;
  if (stdin && tty && !isTerminal(invocation.stdin))
    throw usageError('the input device is not a TTY', 'Leave -t out where the input is a pipe.');
  const detachKeys = parseDetachKeys(textOf(values, 'detach-keys') ?? DEFAULT_DETACH_KEYS);
  let shown: Connection | undefined;
  using connection = await connectSupervisor(
    engine.store,
    record,
    outputTo(invocation, () => shown),
  );
  shown = connection;
  const request = { stdin, stdout: true, stderr: true, size: sizeOf(stdout) };
  connection.send({
    op: 'exec',
    exec: {
      args,
      env: readEnv(listOf(values, 'env-file'), listOf(values, 'env')),
      user: textOf(values, 'user'),
      cwd: textOf(values, 'workdir'),
      tty,
      privileged: isOn(values, 'privileged'),
    },
    attach: detach ? undefined : request,
  });
  const answer = await connection.answer();
  if (answer?.kind !== 'started') throw lost(record);
  if (detach) return 0;
  const exitCode = await attach(connection, { streams: invocation, request, tty, detachKeys, sigProxy: false, signal });
  return exitCode ?? (signal.aborted ? 1 : connection.socket.destroyed ? 137 : 0);
}

export async function attachTo(engine: Engine, invocation: Invocation): Promise<number> {
  const { values, positionals, signal, stdout } = invocation;
  const record = running(engine, only(positionals, 'varve attach [options] <container>'), 'attach');
  const { tty, openStdin } = record.spec;
  const detachKeys = parseDetachKeys(textOf(values, 'detach-keys') ?? DEFAULT_DETACH_KEYS);
  const stdin = openStdin && !isOn(values, 'no-stdin');
  if (stdin && tty && !isTerminal(invocation.stdin))
    throw usageError('the input device is not a TTY', 'Give --no-stdin to see its output alone.');
  let shown: Connection | undefined;
  using connection = await connectSupervisor(
    engine.store,
    record,
    outputTo(invocation, () => shown),
  );
  shown = connection;
  const request = { stdin, stdout: true, stderr: true, size: sizeOf(stdout) };
  connection.send({ op: 'attach', attach: request });
  return (
    (await attach(connection, { streams: invocation, request, tty, detachKeys, sigProxy: values['sig-proxy'] !== false, signal })) ?? 0
  );
}

function running({ store }: Engine, text: string, verb: 'exec' | 'attach'): ContainerRecord {
  const record = findContainer(store.containers, text);
  const { status } = record.state;
  if (status === 'running') return record;
  if (verb === 'attach')
    throw new VarveError(
      'CONTAINER_STOPPED',
      `You cannot attach to a ${status === 'paused' ? 'paused' : 'stopped'} container, ${status === 'paused' ? 'unpause' : 'start'} it first`,
    );
  if (status === 'paused') throw new VarveError('CONTAINER_PAUSED', `container ${record.id} is paused, unpause the container before exec`);
  throw new VarveError('CONTAINER_STOPPED', `container ${record.id} is not running`);
}

const lost = ({ id }: ContainerRecord): VarveError => new VarveError('CONTAINER_STOPPED', `container ${id} is not running`);
