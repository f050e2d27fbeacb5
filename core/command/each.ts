import type { Invocation } from '../src/contracts/command.ts';
import { VarveError } from '../src/errors.ts';
import { printError } from './print-error.ts';
import { usageError } from './usage-error.ts';

/** How many are done at once, where they are. */
const AT_ONCE = 16;

type Asked = Pick<Invocation, 'positionals' | 'stdout' | 'stderr'> & Partial<Pick<Invocation, 'signal'>>;
/** What is printed on a line, if anything. */
type Work = (text: string) => Promise<string | undefined>;

/**
 * Does the same to each argument, one after the other; one that fails does not keep the others from it.
 * @returns 1 if one has failed
 */
export const forEach = (asked: Asked, work: Work): Promise<number> => doAll(asked, work, 1);

/** The same at once, told in the order of the arguments: whoever stops ten containers waits for the slowest, not for all. */
export const forEachAtOnce = (asked: Asked, work: Work): Promise<number> => doAll(asked, work, AT_ONCE);

async function doAll({ positionals, stdout, stderr, signal }: Asked, work: Work, atOnce: number): Promise<number> {
  let code = 0;
  for (let from = 0; from < positionals.length; from += atOnce) {
    const outcomes = await Promise.allSettled(positionals.slice(from, from + atOnce).map((text) => work(text)));
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') {
        if (outcome.value !== undefined) stdout.write(`${outcome.value}\n`);
        continue;
      }
      if (!VarveError.is(outcome.reason) || signal?.aborted) throw outcome.reason;
      printError(outcome.reason, { stderr, debug: false });
      code = 1;
    }
  }
  return code;
}

/** @throws VarveError `USAGE` */
export function only(positionals: readonly string[], usage: string): string {
  const [first, ...others] = positionals;
  if (first === undefined || others.length > 0) throw usageError(`Expected one argument, found ${positionals.length}`, usage);
  return first;
}
