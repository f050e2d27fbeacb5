import { totalmem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ContainerStats, type Invocation, VarveError } from '@varve/core';
import { binarySize, exitCodeOf, formatListing, isOn, shortId } from '@varve/core/command';
import { ask } from '../client/supervisors.ts';
import { isTerminal } from '../client/terminal.ts';
import { isUp } from '../describe/status.ts';
import type { Engine } from '../engine.ts';
import type { ContainerRecord } from '../state/container-record.ts';
import { findContainer } from '../state/find-container.ts';

const HEADINGS = {
  Container: 'CONTAINER',
  ID: 'CONTAINER ID',
  Name: 'NAME',
  CPUPerc: 'CPU %',
  MemUsage: 'MEM USAGE / LIMIT',
  MemPerc: 'MEM %',
  NetIO: 'NET I/O',
  BlockIO: 'BLOCK I/O',
  PIDs: 'PIDS',
} as const;
type Row = Record<keyof typeof HEADINGS, string>;

/** Between two looks, of which the use of processors is the difference. Milliseconds. */
const PERIOD = 1000;
/** What nobody counts here, as docker shows it. */
const UNCOUNTED = '-- / --';
const CLEAR = '\u001b[2J\u001b[H';

/** What containers use, once or again and again. */
export async function stats(engine: Engine, invocation: Invocation): Promise<number> {
  const { values, stdout, signal } = invocation;
  for (let before = await look(engine, invocation); ; ) {
    await sleep(PERIOD, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return exitCodeOf(signal.reason, signal); // whoever has seen enough need not be told
    const now = await look(engine, invocation);
    const rows = [...now.values()].map((sample) => rowOf(sample, before.get(sample.record.id), isOn(values, 'no-trunc')));
    const columns = ['ID', 'Name', 'CPUPerc', 'MemUsage', 'MemPerc', 'NetIO', 'BlockIO', 'PIDs'] as const;
    const clear = isTerminal(stdout) && !isOn(values, 'no-stream') ? CLEAR : '';
    stdout.write(`${clear}${formatListing({ headings: HEADINGS, columns, rows }, values)}`);
    if (isOn(values, 'no-stream')) return 0;
    before = now;
  }
}

interface Sample {
  readonly record: ContainerRecord;
  /** Milliseconds of a clock that is never set. */
  readonly at: number;
  /** Nothing of one that does not run. */
  readonly used: ContainerStats;
}

async function look(engine: Engine, { values, positionals }: Invocation): Promise<ReadonlyMap<string, Sample>> {
  const { containers } = engine.store;
  const all = containers.all().filter((record) => record.state.status !== 'creating' && (isOn(values, 'all') || isUp(record)));
  const records = positionals.length > 0 ? positionals.map((text) => findContainer(containers, text)) : all;
  const samples = records.map(async (record) => ({ record, used: await usedBy(engine, record), at: performance.now() }));
  return new Map((await Promise.all(samples)).map((sample) => [sample.record.id, sample]));
}

async function usedBy({ store }: Engine, record: ContainerRecord): Promise<ContainerStats> {
  if (!isUp(record)) return {};
  try {
    return (await ask(store, record, { op: 'stats' })) as ContainerStats; // as the supervisor sends it
  } catch (failure) {
    if (VarveError.is(failure) && failure.code === 'CONTAINER_STOPPED') return {}; // it has ended meanwhile
    throw failure;
  }
}

function rowOf({ record: { id, name }, at, used }: Sample, before: Sample | undefined, noTrunc: boolean): Row {
  const { cpu = 0, memory = 0, memoryLimit = memory === 0 ? 0 : totalmem(), pids = 0 } = used;
  const spent = before?.used.cpu === undefined ? 0 : Math.max(0, cpu - before.used.cpu) / 1e6 / (at - before.at);
  const percent = (share: number): string => `${(share * 100).toFixed(2)}%`;
  return {
    Container: noTrunc ? id : shortId(id),
    ID: noTrunc ? id : shortId(id),
    Name: name,
    CPUPerc: percent(spent),
    MemUsage: `${binarySize(memory)} / ${binarySize(memoryLimit)}`,
    MemPerc: percent(memoryLimit === 0 ? 0 : memory / memoryLimit),
    NetIO: UNCOUNTED,
    BlockIO: UNCOUNTED,
    PIDs: String(pids),
  };
}
