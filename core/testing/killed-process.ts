import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';

/** A process of its own that runs `script` (an ES module's text) and says a line when it is ready. */
export interface TestProcess {
  readonly line: string;
  /** Ends it without a chance to clean up. */
  kill(): Promise<void>;
}

/**
 * Starts a script that other processes' crashes are tried with. `args` are in `process.argv` from 1 on.
 * @throws Error with what it wrote to stderr if it ends before it says a line
 */
export async function startProcess(script: string, args: readonly string[]): Promise<TestProcess> {
  const options = process.execArgv.filter((option) => option.startsWith('--conditions'));
  const child = spawn(process.execPath, [...options, '--input-type=module', '-e', script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'exit');
  const errors = collect(child.stderr);
  const line = await Promise.race([firstLine(child), ended.then(() => undefined)]);
  if (line === undefined) throw new Error(`The process ended too early: ${await errors}`);
  return {
    line,
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function firstLine(child: ChildProcessByStdio<null, Readable, Readable>): Promise<string | undefined> {
  let text = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    text += chunk;
    if (text.includes('\n')) return text.slice(0, text.indexOf('\n'));
  }
  return undefined;
}

async function collect(stream: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += chunk;
  return text;
}
