import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';
import { isatty, ReadStream, WriteStream } from 'node:tty';
import { VarveError } from '@varve/core';

export interface PromptOptions {
  readonly stdin: Readable;
  readonly stderr: Writable;
  readonly signal: AbortSignal;
}

/** A line that the user types, seen on the terminal; empty at its end (Ctrl-D). @throws VarveError `PROMPT_NONE` where there is none, `ABORTED` */
export async function ask(question: string, options: PromptOptions): Promise<string> {
  await using terminal = await openTerminal(options);
  const lines = createInterface({ input: terminal.input, output: terminal.output, terminal: true });
  const ended = new AbortController();
  lines.once('SIGINT', () => ended.abort(stopped()));
  lines.once('close', () => ended.abort());
  try {
    return (await lines.question(question, { signal: AbortSignal.any([options.signal, ended.signal]) })).trim();
  } catch (failure) {
    options.signal.throwIfAborted();
    if (!ended.signal.aborted) throw failure;
    terminal.output.write('\n');
    if (VarveError.is(ended.signal.reason)) throw ended.signal.reason;
    return '';
  } finally {
    lines.close();
  }
}

/** The same without being seen. A terminal that was set so that it shows nothing is set back whatever happens. */
export async function askHidden(question: string, options: PromptOptions): Promise<string> {
  await using terminal = await openTerminal(options);
  const { input, output } = terminal;
  input.setRawMode(true);
  output.write(question);
  try {
    return await readLine(input, options.signal);
  } finally {
    input.setRawMode(false);
    output.write('\n');
  }
}

const stopped = (): VarveError => new VarveError('ABORTED', 'Stopped while asking', { exitCode: 130 });

/** What raw mode leaves to us: Enter, Backspace, and the keys that end a program. */
function readLine(input: ReadStream, signal: AbortSignal): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = '';
  const take = (chunk: Buffer | string): void => {
    for (const char of chunk.toString()) {
      if (char === '\r' || char === '\n' || char === '\u0004') resolve(text);
      else if (char === '\u0003') reject(stopped());
      else if (char === '\u007f' || char === '\b') text = [...text].slice(0, -1).join('');
      else if (char >= ' ') text += char;
    }
  };
  const stop = (): void => reject(signal.reason);
  input.on('data', take);
  input.resume(); // the question before has paused it
  signal.addEventListener('abort', stop, { once: true });
  return promise.finally(() => {
    input.off('data', take);
    input.pause();
    signal.removeEventListener('abort', stop);
  });
}

interface Terminal extends AsyncDisposable {
  readonly input: ReadStream;
  readonly output: Writable;
}

/** The terminal itself, whatever stdin and stdout are. */
async function openTerminal({ stdin, stderr }: PromptOptions): Promise<Terminal> {
  if (stdin instanceof ReadStream && stdin.isTTY)
    return { input: stdin, output: stderr, [Symbol.asyncDispose]: async () => void stdin.pause() };
  const file = await open('/dev/tty', 'r+').catch(() => undefined);
  if (file === undefined || !isatty(file.fd)) {
    await file?.close();
    throw new VarveError('PROMPT_NONE', 'There is no terminal to ask on', {
      hint: 'Give the user with -u and the password with --password-stdin.',
    });
  }
  const input = new ReadStream(file.fd);
  const output = new WriteStream(file.fd);
  return {
    input,
    output,
    async [Symbol.asyncDispose]() {
      input.destroy();
      output.destroy();
      await file.close().catch(() => undefined); // the streams may have closed it
    },
  };
}
