import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TreeWatch } from './process-tree.ts';

/** A program with its arguments; never a shell, unless the program is one. */
export interface Command {
  readonly argv: readonly string[];
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** File that gets what it prints. */
  readonly output?: string;
  /** Names of processes that do its work without being its children. */
  readonly daemons?: readonly string[];
}

/** One measurement: seconds and bytes. */
export interface Sample {
  readonly wall: number;
  readonly cpu: number;
  readonly resident: number;
  readonly anonymous: number;
}

// Bash times in milliseconds what it waits for, and its own start is not part of it
const TIMER = `exec 5>&2 2>&3; TIMEFORMAT='%3R %3U %3S'; time "$@" 2>&5 3>&- 5>&-`;

let running: ChildProcess | undefined;

/** Ends the command that runs now, and its children. */
export function stopRunning(): void {
  if (running?.pid !== undefined) process.kill(-running.pid, 'SIGTERM');
}

/**
 * Runs a command to its end.
 * @throws Error with the end of what it printed, when it fails.
 */
export async function measure(command: Command, logs: string): Promise<Sample> {
  const [log, times] = [join(logs, 'command.log'), join(logs, 'times')];
  const files = [openSync(command.output ?? log, 'w'), openSync(log, 'a'), openSync(times, 'w')] as const;
  const ended = Promise.withResolvers<number>();
  const { cwd = logs, env } = command;
  const [out, err, third] = files;
  const child = spawn('bash', ['-c', TIMER, 'bash', ...command.argv], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', out, err, third],
    detached: true, // a group of its own, to be ended as one
  });
  running = child;
  child.on('error', ended.reject);
  child.on('exit', (code) => ended.resolve(code ?? 1));
  const watch = new TreeWatch(child.pid ?? 0, command.daemons ?? []);
  const code = await ended.promise.finally(() => files.forEach(closeSync));
  running = undefined;
  const { memory, cpu } = watch.stop();
  if (code !== 0) throw new Error(`${command.argv.join(' ')} ended with ${code}:\n${readFileSync(log, 'utf8').slice(-2000)}`);
  const [wall = 0, user = 0, system = 0] = readFileSync(times, 'utf8').trim().split('\n').at(-1)?.split(' ').map(Number) ?? [];
  return { wall, cpu: user + system + cpu, ...memory };
}

/** Commands one after the other, as one: times add up. */
export async function measureAll(commands: readonly Command[], logs: string): Promise<Sample> {
  let sum: Sample = { wall: 0, cpu: 0, resident: 0, anonymous: 0 };
  for (const command of commands) {
    const sample = await measure(command, logs);
    sum = {
      wall: sum.wall + sample.wall,
      cpu: sum.cpu + sample.cpu,
      resident: Math.max(sum.resident, sample.resident),
      anonymous: Math.max(sum.anonymous, sample.anonymous),
    };
  }
  return sum;
}
