import { availableParallelism } from 'node:os';
import type { ProcessDevice, ResourceLimits } from '@varve/core';
import { parseSize, textOf, usageError, type Values } from '@varve/core/command';
import type { ContainerSpec } from '../state/container-record.ts';

/** @throws VarveError `USAGE` */
export function readSize(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const size = parseSize(text);
  if (size === undefined) throw usageError(`--${option} expects a size like 64m, found ${JSON.stringify(text)}`);
  return size;
}

/** Least that docker takes: a process needs some to start. */
const LEAST_MEMORY = 6 * 1024 * 1024;

/** @throws VarveError `USAGE` */
export function readLimits(values: Values): ResourceLimits {
  const memory = readSize('memory', textOf(values, 'memory')) || undefined;
  if (memory !== undefined && memory < LEAST_MEMORY) throw usageError('Minimum memory limit allowed is 6MB');
  const swap = textOf(values, 'memory-swap');
  const memorySwap = swap === '-1' ? -1 : readSize('memory-swap', swap) || undefined;
  if (memorySwap !== undefined && memorySwap > 0 && memorySwap < (memory ?? Number.POSITIVE_INFINITY))
    throw usageError('--memory-swap expects at least what --memory says, and that there is a --memory');
  const pids = readNumber('pids-limit', values, /^-?\d+$/);
  return withoutUndefined({
    memory,
    memorySwap,
    cpus: readCpus(values),
    cpuShares: readNumber('cpu-shares', values, /^\d+$/) || undefined,
    cpuset: textOf(values, 'cpuset-cpus') || undefined,
    pids: pids !== undefined && pids > 0 ? pids : undefined,
  });
}

function readCpus(values: Values): number | undefined {
  const cpus = readNumber('cpus', values, /^\d*\.?\d+$/) || undefined;
  const most = availableParallelism();
  if (cpus !== undefined && (cpus < 0.01 || cpus > most))
    throw usageError(`range of CPUs is from 0.01 to ${most}.00, as there are only ${most} CPUs available`);
  return cpus;
}

function readNumber(option: string, values: Values, form: RegExp): number | undefined {
  const text = textOf(values, option);
  if (text === undefined) return undefined;
  if (!form.test(text)) throw usageError(`--${option} expects a number, found ${JSON.stringify(text)}`);
  return Number(text);
}

const withoutUndefined = <T extends object>(value: T): T => JSON.parse(JSON.stringify(value)) as T; // numbers and texts only

/** `type=soft[:hard]`; -1: no limit. @throws VarveError `USAGE` */
export function readUlimits(texts: readonly string[]): ContainerSpec['ulimits'] {
  return texts.map((text) => {
    const [, type, soft, hard = soft] = /^([a-z]+)=(-1|\d+)(?::(-1|\d+))?$/.exec(text) ?? [];
    if (type === undefined) throw usageError(`--ulimit expects <type>=<soft>[:<hard>], found ${JSON.stringify(text)}`);
    return { type, soft: Number(soft), hard: Number(hard) };
  });
}

/** `/dev/x[:/dev/y][:rwm]`. @throws VarveError `USAGE` */
export function readDevices(texts: readonly string[]): readonly ProcessDevice[] {
  return texts.map((text) => {
    const [source = '', second, third] = text.split(':');
    const isMode = second !== undefined && third === undefined && /^[rwm]+$/.test(second);
    const target = second === undefined || isMode ? source : second;
    const permissions = (isMode ? second : third) ?? 'rwm';
    if (!source.startsWith('/') || !target.startsWith('/') || !/^[rwm]{1,3}$/.test(permissions))
      throw usageError(`--device expects <path>[:<path>][:rwm], found ${JSON.stringify(text)}`);
    return { source, target, permissions };
  });
}

/** @throws VarveError `USAGE` */
export function readLog(driver: string | undefined, options: readonly string[]): ContainerSpec['log'] {
  if (driver === 'none') return { maxFiles: 0 };
  if (driver !== undefined && driver !== 'json-file' && driver !== 'local')
    throw usageError(`--log-driver expects json-file or none, found ${JSON.stringify(driver)}`);
  const values = new Map(options.map((option) => option.split('=', 2) as [string, string | undefined]));
  for (const name of values.keys())
    if (name !== 'max-size' && name !== 'max-file') throw usageError(`unknown log opt '${name}' for json-file log driver`);
  const maxSize = values.get('max-size');
  const maxFiles = values.get('max-file') ?? '1';
  if (!/^[1-9]\d{0,3}$/.test(maxFiles)) throw usageError(`--log-opt max-file expects a number, found ${JSON.stringify(maxFiles)}`);
  return {
    maxSize: maxSize === undefined || maxSize === '-1' ? undefined : readSize('log-opt max-size', maxSize),
    maxFiles: Number(maxFiles),
  };
}
