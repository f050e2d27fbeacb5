import { existsSync, type FSWatcher, statSync, watch } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Invocation, VarveError } from '@varve/core';
import { exitCodeOf, isOn, momentOf, only, textOf, usageError } from '@varve/core/command';
import { isUp } from '../describe/status.ts';
import type { Engine } from '../engine.ts';
import { findTail, LineReader, logFiles } from '../logs/read-log.ts';
import type { ContainerRecord } from '../state/container-record.ts';
import { findContainer } from '../state/find-container.ts';
import type { LogLine } from '../supervisor/log-file.ts';

/** Milliseconds after which is looked even if nobody told of a change. */
const LOOK_AGAIN = 500;

export async function logs(engine: Engine, invocation: Invocation): Promise<number> {
  const { values, positionals, signal } = invocation;
  const record = findContainer(engine.store.containers, only(positionals, 'varve logs [options] <container>'));
  if (record.spec.log.maxFiles === 0)
    throw new VarveError('CONTAINER_LOG', 'configured logging driver does not support reading', {
      hint: 'It was made with --log-driver none.',
    });
  const show = printer(invocation);
  const path = engine.store.places.log(record.id);
  const wanted = tailOf(textOf(values, 'tail') ?? textOf(values, 'n') ?? 'all');
  const files = logFiles(path);
  const starts = wanted === undefined ? files.map((file) => ({ file, at: 0 })) : tailStarts(files, wanted);
  let last: LineReader | undefined;
  try {
    for (const { file, at } of starts) {
      last?.[Symbol.dispose]();
      last = new LineReader(file, at);
      for (const line of last.lines()) await show(line);
    }
    if (isOn(values, 'follow')) last = await follow(engine, { record, path, last, show, signal });
  } finally {
    last?.[Symbol.dispose]();
  }
  return signal.aborted ? exitCodeOf(signal.reason, signal) : 0; // whoever has seen enough need not be told
}

function tailOf(text: string): number | undefined {
  if (text === 'all' || text === '-1') return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  throw usageError(`--tail expects a number or "all", found ${JSON.stringify(text)}`);
}

function tailStarts(files: readonly string[], wanted: number): readonly { readonly file: string; readonly at: number }[] {
  const starts: { readonly file: string; readonly at: number }[] = [];
  let missing = wanted;
  for (const file of files.toReversed()) {
    const found = findTail(file, missing);
    starts.unshift({ file, at: found.at });
    missing = found.missing;
    if (missing === 0) break;
  }
  return starts;
}

/** Writes a line where it belongs, if its time fits, and waits where the reader is slow. */
function printer({ values, stdout, stderr }: Invocation): (line: LogLine) => Promise<void> {
  const [since, until] = ['since', 'until'].map((name) => {
    const text = textOf(values, name);
    return text === undefined ? undefined : momentOf(`--${name}`, text);
  });
  const withTime = isOn(values, 'timestamps');
  return async ({ log, stream, time }) => {
    const at = since === undefined && until === undefined ? 0 : Date.parse(time);
    if ((since !== undefined && at < since) || (until !== undefined && at > until)) return;
    const to = stream === 'stderr' ? stderr : stdout;
    if (!to.write(withTime ? `${time} ${log}` : log)) await new Promise((done) => to.once('drain', done));
  };
}

interface Following {
  readonly record: ContainerRecord;
  readonly path: string;
  readonly last: LineReader | undefined;
  readonly show: (line: LogLine) => Promise<void>;
  readonly signal: AbortSignal;
}

/** Until the container has ended. A file that was put aside is read to its end before the next. */
async function follow({ store }: Engine, { record, path, last, show, signal }: Following): Promise<LineReader | undefined> {
  let reader = last;
  let inode = inodeOf(path);
  using changes = new Changes(store.places.container(record.id));
  for (;;) {
    const now = store.containers.byId(record.id);
    const isOver = now === undefined || !isUp(now);
    if (reader !== undefined) for (const line of reader.lines()) await show(line);
    const current = inodeOf(path);
    if (current !== undefined && (reader === undefined || current !== inode)) {
      reader?.[Symbol.dispose]();
      reader = new LineReader(path);
      inode = current;
      continue;
    }
    if (isOver || signal.aborted) return reader;
    await changes.next(signal);
  }
}

const inodeOf = (path: string): number | undefined => statSync(path, { throwIfNoEntry: false })?.ino;

class Changes implements Disposable {
  readonly #watcher: FSWatcher | undefined;
  #wake: () => void = () => undefined;

  constructor(dir: string) {
    if (!existsSync(dir)) return;
    this.#watcher = watch(dir, () => this.#wake());
    this.#watcher.on('error', () => undefined); // gone with the container
  }

  async next(signal: AbortSignal): Promise<void> {
    const changed = new Promise<void>((done) => {
      this.#wake = done;
    });
    await Promise.race([changed, sleep(LOOK_AGAIN, undefined, { signal }).catch(() => undefined)]);
  }

  [Symbol.dispose](): void {
    this.#watcher?.close();
  }
}
