import type { Readable, Writable } from 'node:stream';
import type { TerminalSize } from '@varve/core';

interface TerminalInput extends Readable {
  readonly isTTY?: boolean;
  setRawMode?(on: boolean): void;
}
interface TerminalOutput extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

export const isTerminal = (stream: Readable | Writable): boolean => (stream as TerminalInput).isTTY === true;

export function sizeOf(output: Writable): TerminalSize | undefined {
  const { isTTY, columns, rows } = output as TerminalOutput;
  return isTTY === true && columns !== undefined && rows !== undefined ? { columns, rows } : undefined;
}

/** From now on keys come as they are typed; what it was is put back however this process ends, but for a kill. */
export function rawMode(input: Readable): Disposable {
  const terminal = input as TerminalInput;
  let isRaw = true;
  terminal.setRawMode?.(true);
  const restore = (): void => {
    if (isRaw) terminal.setRawMode?.(false);
    isRaw = false;
  };
  process.once('exit', restore);
  return {
    [Symbol.dispose]() {
      process.off('exit', restore);
      restore();
    },
  };
}

/** Takes signals in the place of whoever listens to them, until it is disposed of. */
export function takeSignals(names: readonly NodeJS.Signals[], take: (name: NodeJS.Signals) => unknown): Disposable {
  const before = names.map((name) => [name, process.listeners(name)] as const);
  for (const name of names) {
    process.removeAllListeners(name);
    process.on(name, take);
  }
  return {
    [Symbol.dispose]() {
      for (const [name, listeners] of before) {
        process.off(name, take);
        for (const listener of listeners) process.on(name, listener as NodeJS.SignalsListener);
      }
    },
  };
}
