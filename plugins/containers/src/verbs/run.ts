import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { type Invocation, messageOf, VarveError } from '@varve/core';
import { isOn, listOf, textOf, usageError, type Values } from '@varve/core/command';
import { DEFAULT_DETACH_KEYS, parseDetachKeys } from '../client/detach-keys.ts';
import type { AttachRequest } from '../client/frames.ts';
import { isTerminal } from '../client/terminal.ts';
import { createContainer } from '../create/create-container.ts';
import type { CreateRequest } from '../create/create-request.ts';
import { readCreate } from '../create/read-create.ts';
import type { Engine } from '../engine.ts';
import { sweepContainers } from '../remove-container.ts';
import type { ContainerRecord } from '../state/container-record.ts';
import { startContainer } from './start-container.ts';

/** What docker ends with when it could not run anything. */
const FAILED = 125;

export async function create(engine: Engine, { values, positionals, stdout, stderr, signal }: Invocation): Promise<number> {
  const request = readCreate(values, positionals, { isAttached: true });
  warn(request, stderr);
  const record = await make(engine, values, () => createContainer(engine, request, { signal, stderr: quietly(values, stderr) }));
  stdout.write(`${record.id}\n`);
  return 0;
}

export async function run(engine: Engine, invocation: Invocation): Promise<number> {
  try {
    return await createAndStart(engine, invocation);
  } catch (failure) {
    if (!VarveError.is(failure) || invocation.signal.aborted) throw failure;
    throw VarveError.with(failure, { exitCode: FAILED });
  }
}

async function createAndStart(engine: Engine, invocation: Invocation): Promise<number> {
  const { values, positionals, stdout, stderr, signal } = invocation;
  const detach = isOn(values, 'detach');
  const streams = detach ? undefined : streamsOf(values);
  if (detach && listOf(values, 'attach').length > 0) throw usageError('Conflicting options: -a and -d');
  const request = readCreate(values, positionals, { isAttached: streams?.stdin === true });
  if (streams?.stdin === true && request.tty && !isTerminal(invocation.stdin))
    throw usageError('the input device is not a TTY', 'Leave -t out where the input is a pipe.');
  warn(request, stderr);
  const detachKeys = parseDetachKeys(textOf(values, 'detach-keys') ?? DEFAULT_DETACH_KEYS);
  const record = await make(engine, values, () => createContainer(engine, request, { signal, stderr: quietly(values, stderr) }));
  const exitCode = await startContainer(engine, record, invocation, { streams, detachKeys, sigProxy: values['sig-proxy'] !== false });
  if (detach) stdout.write(`${record.id}\n`);
  return exitCode ?? 0;
}

/** As docker does: nothing is lost by it, and scripts write it. */
function warn({ network, ports }: CreateRequest, stderr: Invocation['stderr']): void {
  if (network === 'host' && ports.length > 0) stderr.write('WARNING: Published ports are discarded when using host network mode\n');
}

const quietly = (values: Values, stderr: Invocation['stderr']): Invocation['stderr'] | undefined =>
  isOn(values, 'quiet') ? undefined : stderr;

/** `-a` says which; otherwise all output, and the input with `-i`. */
function streamsOf(values: Values): Omit<AttachRequest, 'size'> {
  const named = listOf(values, 'attach').map((name) => name.toLowerCase());
  for (const name of named)
    if (!['stdin', 'stdout', 'stderr'].includes(name))
      throw usageError(`valid streams are STDIN, STDOUT and STDERR, found ${JSON.stringify(name)}`);
  const has = (name: string) => named.length === 0 || named.includes(name);
  return { stdin: isOn(values, 'interactive') && has('stdin'), stdout: has('stdout'), stderr: has('stderr') };
}

/** With the file for its ID, which must not be there yet. */
async function make(engine: Engine, values: Values, work: () => Promise<ContainerRecord>): Promise<ContainerRecord> {
  await sweepContainers(engine);
  const cidfile = textOf(values, 'cidfile');
  if (cidfile === undefined) return await work();
  const fd = openNew(cidfile);
  try {
    const record = await work();
    writeSync(fd, record.id);
    return record;
  } catch (failure) {
    rmSync(cidfile, { force: true });
    throw failure;
  } finally {
    closeSync(fd);
  }
}

function openNew(path: string): number {
  try {
    return openSync(path, 'wx', 0o644);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST')
      throw usageError(`container ID file found, make sure the other container isn't running or delete ${path}`);
    throw new VarveError('CONTAINER_CIDFILE', `failed to create the container ID file: ${messageOf(cause)}`, { cause });
  }
}
