import { closeSync, fstatSync, futimesSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, statSync, writevSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildRequest, type BuildResult, type Host, STORE_ROOT, STORE_STATE, type StorePlaces } from '@varve/core';
import { configPlaces } from '../config.ts';
import { readGlobals, rootOf } from '../globals.ts';
import { conditionsOf, receiptFile } from './conditions.ts';
import { Looks } from './looks.ts';
import { encodeReceipt } from './receipt.ts';
import { isOfThisHost, isRepeatable } from './repeatable.ts';
import type { Tale } from './tale.ts';

/** What was built, and what was said besides the tale. */
export interface Done {
  readonly request: BuildRequest;
  readonly result: BuildResult;
  readonly tale: Tale;
  /** At the build file and what may stand beside it. */
  readonly looks: Looks;
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly iidfile?: string | undefined;
}

/** The script that the launcher runs; what is not bundled is not repeated. */
const bundle = basename(fileURLToPath(import.meta.url));
const isBundled = /^varve-\w+\.cjs$/.test(bundle);
/** More files than these take longer to look at than a build takes to start. */
const MOST_FILES = 100_000;
/** How many are kept, of different command lines. */
const MOST_RECEIPTS = 100;
/** Milliseconds. */
const LASTS = 1_800_000;
/** Milliseconds: how long the clock of files may take to its next tick, and a little more. */
const TICK = 12;

/** Keeps what `repeat` needs to tell of the same build once more. Where it cannot, the next one builds: nobody is told. */
export async function keepReceipt(done: Done, host: Host): Promise<void> {
  if (!isBundled || !done.tale.isComplete || !isRepeatable(done.request)) return;
  try {
    await keep(done, host);
  } catch {
    // the store may be read-only, or full
  }
}

async function keep({ result, tale, looks, before, after, iidfile }: Done, host: Host): Promise<void> {
  const argv = process.argv.slice(2);
  const root = host.get(STORE_ROOT);
  const { plan, events } = tale;
  if (plan === undefined || !(await isOfThisHost(plan, host))) return;
  if (resolve(rootOf(readGlobals(argv), undefined, process.env)) !== root) return; // it is asked for in a place that `repeat` does not know
  for (const tree of result.directories) if (looks.size < MOST_FILES) looks.addTree(tree);
  for (const place of configPlaces(process.cwd())) looks.at(place);
  if (!looks.areSettled() || looks.size >= MOST_FILES || !looks.areOnOneDevice(result.directories.map((tree) => tree.root))) return;
  const conditions = conditionsOf(argv, bundle);
  const file = receiptFile(root, conditions);
  const told = { conditions, until: Date.now() + LASTS, id: result.id, iidfile: iidfile && resolve(iidfile), events, before, after };
  const temporary = makeFile(file);
  const { fd } = temporary;
  try {
    const seen = host.get(STORE_STATE).watch?.(result.image.layers, (places) => lookAtStore(places, fd));
    if (seen === undefined) return;
    const all = seen.lasting; // looked at first: they are few, and change with every other build
    all.addAll(looks.newestFirst());
    writevSync(fd, encodeReceipt({ ...told, looks: all, passing: seen.passing }));
    renameSync(temporary.path, file);
  } finally {
    closeSync(fd);
    rmSync(temporary.path, { force: true });
  }
}

/**
 * Looks at the store once a file that is written now is younger than all of it: every later change has another time then. A few
 * milliseconds, if the store was written just now.
 */
function lookAtStore({ lasting, passing }: StorePlaces, fd: number): { readonly lasting: Looks; readonly passing: Looks } | undefined {
  for (let wait = 0; wait < TICK; wait++) {
    futimesSync(fd, 0, 0); // sets ctime
    const { ctimeNs } = fstatSync(fd, { bigint: true });
    const found = { lasting: Looks.of(lasting), passing: Looks.of(passing) };
    if (found.lasting.areBefore(ctimeNs) && found.passing.areBefore(ctimeNs)) return found;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
  }
  return undefined;
}

/** Beside its name, in a folder in which the oldest go when there are many. */
function makeFile(file: string): { readonly path: string; readonly fd: number } {
  const folder = dirname(file);
  mkdirSync(folder, { mode: 0o700, recursive: true });
  const ages = new Map<string, number>();
  const names = readdirSync(folder);
  if (names.length > MOST_RECEIPTS)
    for (const name of names) ages.set(name, statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0);
  const old = [...ages].sort(([, a], [, b]) => a - b).slice(0, Math.floor(MOST_RECEIPTS / 2));
  for (const [name] of old) rmSync(join(folder, name), { force: true });
  const path = `${file}.${process.pid}`;
  return { path, fd: openSync(path, 'wx', 0o600) };
}
