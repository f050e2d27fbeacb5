import type { ResourceLimits } from '@varve/core';
import { parseSize, textOf, usageError, type Values } from '@varve/core/command';

/** docker's, where `--cpu-period` says nothing; microseconds. */
const PERIOD = 100_000;

/** What `--memory`, `--cpu-quota` and the like ask for the processes of RUN. @throws VarveError `USAGE` */
export function readLimits(values: Values): ResourceLimits | undefined {
  const memory = readSize('memory', values);
  const limits: ResourceLimits = {
    memory,
    // alone it limits nothing
    memorySwap: memory === undefined ? undefined : readSwap(values, memory),
    cpus: readProcessors(values),
    cpuShares: readCount('cpu-shares', values),
    cpuset: textOf(values, 'cpuset-cpus') || undefined,
  };
  return Object.values(limits).some((limit) => limit !== undefined) ? limits : undefined;
}

function readSize(option: string, values: Values): number | undefined {
  const text = textOf(values, option);
  if (text === undefined) return undefined;
  const size = parseSize(text);
  if (size === undefined) throw usageError(`--${option} expects a size like 512m, found ${JSON.stringify(text)}`);
  return size || undefined;
}

function readSwap(values: Values, memory: number): number | undefined {
  if (textOf(values, 'memory-swap') === '-1') return -1;
  const swap = readSize('memory-swap', values);
  if (swap !== undefined && swap < memory)
    throw usageError('--memory-swap is memory and swap together: it expects at least what --memory says');
  return swap;
}

/** A quota of none or less is no limit. */
function readProcessors(values: Values): number | undefined {
  const period = readCount('cpu-period', values) ?? PERIOD;
  const quota = readCount('cpu-quota', values);
  return quota === undefined ? undefined : quota / period;
}

function readCount(option: string, values: Values): number | undefined {
  const text = textOf(values, option);
  if (text === undefined) return undefined;
  if (!/^-?\d{1,15}$/.test(text)) throw usageError(`--${option} expects a whole number, found ${JSON.stringify(text)}`);
  return Number(text) > 0 ? Number(text) : undefined;
}
