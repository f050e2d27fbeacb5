import { rmSync, statSync } from 'node:fs';
import { type BuildRequest, type BuildSource, type Invocation, VarveError } from '@varve/core';
import type { CliOptions } from '../options.ts';
import { isTalking, textOf } from '../read-values.ts';
import { usageError } from '../usage-error.ts';
import { IGNORED } from './build-options.ts';
import { findSource, textSource } from './find-source.ts';
import { readRequest } from './read-request.ts';
import { readStdinContext, readText } from './read-stdin.ts';
import { writeResults } from './write-results.ts';

/** `varve build`: reads what is asked for, lets the kernel build, prints. */
export async function runBuild(invocation: Invocation, defaults: CliOptions): Promise<number> {
  const { host, values, signal } = invocation;
  const asked = readRequest(values, defaults, process.env);
  tellIgnored(invocation);
  const iidfile = textOf(values, 'iidfile');
  if (iidfile !== undefined) rmSync(iidfile, { force: true }); // an old ID must not be taken for the result of a build that failed
  const input = await openInput(invocation);
  try {
    const request: BuildRequest = { ...asked, source: input.source, context: input.context, signal };
    await writeResults(await host.build(request), request, invocation);
    return 0;
  } finally {
    input.close();
  }
}

interface Input {
  readonly source: BuildSource;
  readonly context: string | undefined;
  close(): void;
}

async function openInput({ positionals, values, stdin, signal }: Invocation): Promise<Input> {
  const [place = '.'] = positionals;
  const file = textOf(values, 'file') || undefined;
  if (place === '-' && file === '-') throw usageError('stdin cannot be the build file and the context at once');
  if (place === '-') return await openStdin(await readStdinContext(stdin, signal), file);
  checkContext(place);
  const source = file === '-' ? textSource(await readText(stdin)) : findSource(place, file);
  return { source, context: place, close: () => undefined };
}

function openStdin(stdin: Awaited<ReturnType<typeof readStdinContext>>, file: string | undefined): Input {
  if ('text' in stdin) {
    const source = file === undefined ? textSource(stdin.text) : findSource(undefined, file);
    return { source, context: undefined, close: () => undefined };
  }
  try {
    return { source: findSource(stdin.directory, file), context: stdin.directory, close: stdin.remove };
  } catch (error) {
    stdin.remove();
    throw error;
  }
}

/** @throws VarveError `CONTEXT_INVALID` */
function checkContext(place: string): void {
  if (/^(?:https?|git|ssh):\/\/|^git@/.test(place))
    throw new VarveError('CONTEXT_INVALID', `Expected a directory as context, ${place} is a URL`, {
      hint: 'Fetch it first, and build the directory.',
    });
  const found = statSync(place, { throwIfNoEntry: false });
  if (found?.isDirectory()) return;
  const what = found === undefined ? 'there is nothing' : 'there is a file';
  throw new VarveError('CONTEXT_INVALID', `Expected a directory as context, ${what} at ${place}`, {
    hint: 'The build file is named with -f: varve build -f <file> <directory>',
  });
}

/** Options that mean nothing here are named once, so that nobody believes they worked. */
function tellIgnored({ values, stderr }: Invocation): void {
  const names = IGNORED.filter((name) => values[name] !== undefined).map((name) => `--${name}`);
  if (names.length > 0 && isTalking(values)) stderr.write(`Note: without effect here: ${names.join(', ')}\n`);
}
