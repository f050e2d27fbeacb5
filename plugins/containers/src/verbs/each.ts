import { type Invocation, VarveError } from '@varve/core';
import { printError, usageError } from '@varve/core/command';

/**
 * Does the same to each argument; one that fails does not keep the others from it. What is returned is printed on a line.
 * @returns 1 if one has failed
 */
export async function forEach(
  { positionals, stdout, stderr }: Pick<Invocation, 'positionals' | 'stdout' | 'stderr'>,
  work: (text: string) => Promise<string | undefined>,
): Promise<number> {
  let code = 0;
  for (const text of positionals)
    try {
      const line = await work(text);
      if (line !== undefined) stdout.write(`${line}\n`);
    } catch (error) {
      if (!VarveError.is(error)) throw error;
      printError(error, { stderr, debug: false });
      code = 1;
    }
  return code;
}

/** @throws VarveError `USAGE` */
export function only(positionals: readonly string[], usage: string): string {
  const [first, ...others] = positionals;
  if (first === undefined || others.length > 0) throw usageError(`Expected one argument, found ${positionals.length}`, usage);
  return first;
}
