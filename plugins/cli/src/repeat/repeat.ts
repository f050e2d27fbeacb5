import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { BuildEvent } from '@varve/core';
import { Reporters } from '@varve/progress/api';
import { readGlobals, rootOf } from '../globals.ts';
import { conditionsOf, receiptFile } from './conditions.ts';
import { type Receipt, readReceipt } from './receipt.ts';

/**
 * Tells of a build what it was told as the last time, where nothing has changed since: the command line, the environment, the build file,
 * the context as far as it was looked at, the store. `false`: it has to be built. A script of its own, since what builds takes longer to
 * load than all of this.
 *
 * @param bundle name of the file that holds what builds
 */
export default function repeat(argv: readonly string[], bundle: string): boolean {
  try {
    const startedAt = Date.now();
    const root = resolve(rootOf(readGlobals(argv), undefined, process.env));
    const conditions = conditionsOf(argv, bundle);
    const receipt = readReceipt(receiptFile(root, conditions));
    if (receipt === undefined || !isValid(receipt, conditions)) return false;
    if (receipt.iidfile !== undefined) writeFileSync(receipt.iidfile, receipt.id);
    tell(receipt, { root, startedAt });
    return true;
  } catch {
    return false; // the build says what is wrong
  }
}

function isValid(receipt: Receipt, conditions: string): boolean {
  if (receipt.conditions !== conditions || Date.now() >= receipt.until) return false;
  return receipt.passing.hold({ mayBeGone: true }) && receipt.looks.hold();
}

function tell({ events, before, after, id }: Receipt, { root, startedAt }: { readonly root: string; readonly startedAt: number }): void {
  const { stdout, stderr } = process;
  for (const stream of [stdout, stderr]) stream.on('error', failUnlessClosed);
  const say = (lines: readonly string[]): void => lines.forEach((line) => void stderr.write(`${line}\n`));
  const reporters = new Reporters(root, { mode: 'auto', logs: false, keepLogs: 1, stream: stderr });
  const now = Date.now();
  say(before);
  for (const event of events) reporters.report({ ...event, at: event.type === 'build-started' ? startedAt : now } as BuildEvent);
  say(after);
  stdout.write(`${id}\n`);
}

/** A reader that had enough is no error of ours, as in a build. */
function failUnlessClosed({ code }: NodeJS.ErrnoException): void {
  if (code !== 'EPIPE') process.exitCode = 1;
}
