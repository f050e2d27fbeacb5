import { execFile } from 'node:child_process';
import { readFileSync, readlinkSync, statSync } from 'node:fs';
import { promisify } from 'node:util';
import { type Invocation, messageOf, VarveError } from '@varve/core';
import { layOut, usageError } from '@varve/core/command';
import { ask } from '../client/supervisors.ts';
import { isUp } from '../describe/status.ts';
import type { Engine } from '../engine.ts';
import { findContainer } from '../state/find-container.ts';

/** Clock ticks of a second: the same on all Linux that programs see. */
const HERTZ = 100;
const TITLES = ['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', 'CMD'];

/** The processes of a container, as the host sees them: in `ps -ef`'s columns, or in those that options of ps(1) say. */
export async function top({ store }: Engine, { positionals, stdout }: Invocation): Promise<number> {
  const [text, ...options] = positionals;
  if (text === undefined) throw usageError('"varve top" requires at least 1 argument', 'varve top <container> [<ps options>]');
  const record = findContainer(store.containers, text);
  if (!isUp(record)) throw new VarveError('CONTAINER_STOPPED', `container ${record.id} is not running`);
  const pids = (await ask(store, record, { op: 'processes' })) as readonly number[];
  const rows = options.length === 0 ? pids.flatMap((pid) => rowOf(pid) ?? []) : await rowsOfPs(pids, options);
  stdout.write(layOut(options.length === 0 ? [TITLES, ...rows] : rows, { least: 8 }));
  return 0;
}

/** `undefined`: it has ended meanwhile. */
function rowOf(pid: number): [readonly string[]] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [parent = '', user, kernel, startTicks] = [fields[1], Number(fields[11]), Number(fields[12]), Number(fields[19])];
    const uptime = Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]);
    const age = Math.max(0, uptime - startTicks / HERTZ);
    const used = (user + kernel) / HERTZ;
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
    const uid = statSync(`/proc/${pid}`).uid;
    const share = String(Math.floor(age > 0 ? (used / age) * 100 : 0));
    return [
      [uid === 0 ? 'root' : String(uid), String(pid), parent, share, startOf(age), terminalOf(pid), timeOf(used), command || `[${name}]`],
    ];
  } catch {
    return undefined;
  }
}

const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
const timeOf = (seconds: number): string => `${two(seconds / 3600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}`;

function startOf(age: number): string {
  const at = new Date(Date.now() - age * 1000);
  return age < 86_400 ? `${two(at.getHours())}:${two(at.getMinutes())}` : at.toDateString().slice(4, 10).replace(' ', '');
}

function terminalOf(pid: number): string {
  const [, name] = /^\/dev\/(pts\/\d+|tty\w*|console)$/.exec(readlinkSync(`/proc/${pid}/fd/0`)) ?? [];
  return name ?? '?';
}

async function rowsOfPs(pids: readonly number[], options: readonly string[]): Promise<readonly (readonly string[])[]> {
  let text: string;
  try {
    ({ stdout: text } = await promisify(execFile)('ps', [...options]));
  } catch (cause) {
    throw new VarveError('CONTAINER_TOP', `Error running ps: ${messageOf(cause)}`, {
      cause,
      hint: 'Options of ps need ps(1), of the package procps.',
    });
  }
  const [head = '', ...lines] = text.trimEnd().split('\n');
  const titles = head.trim().split(/\s+/);
  const at = titles.indexOf('PID');
  if (at === -1) throw new VarveError('CONTAINER_TOP', "Couldn't find PID field in ps output");
  const rows = lines.map((line) => {
    const words = line.trim().split(/\s+/);
    return [...words.slice(0, titles.length - 1), words.slice(titles.length - 1).join(' ')];
  });
  return [titles, ...rows.filter((row) => pids.includes(Number(row[at])))];
}
