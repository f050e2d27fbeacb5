import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { type BuildSource, VarveError } from '@varve/core';
import { rememberText } from '../excerpt.ts';

const NAMES = ['Dockerfile', 'Containerfile', 'dockerfile'];
const STDIN = '<stdin>';

/** The build file: the one that is named (looked for from here, then in the context), or the context's own. @throws VarveError `SOURCE_MISSING` */
export function findSource(context: string | undefined, named: string | undefined): BuildSource {
  const candidates = named === undefined ? NAMES.map((name) => join(context ?? '.', name)) : [named, join(context ?? '.', named)];
  const file = candidates.find((path) => existsSync(path));
  if (file === undefined)
    throw new VarveError('SOURCE_MISSING', `No build file: expected ${[...new Set(candidates)].join(' or ')}`, {
      hint: 'Name it with -f, or give the directory that it lies in: varve build -f <file> <directory>',
    });
  if (statSync(file).isDirectory()) throw new VarveError('SOURCE_MISSING', `Expected a build file, ${file} is a directory`);
  return fileSource(file);
}

function fileSource(file: string): BuildSource {
  return {
    file: shownPath(file),
    text: () => readFile(file, 'utf8'),
    beside: async (suffix) => (existsSync(file + suffix) ? await readFile(file + suffix, 'utf8') : undefined),
  };
}

/** Below this directory the short way to it, elsewhere as it was given. */
function shownPath(file: string): string {
  const short = relative('.', file);
  return short.startsWith('..') ? file : short;
}

/** A build file that was read from stdin. */
export function textSource(text: string): BuildSource {
  rememberText(STDIN, text);
  return { file: STDIN, text: async () => text };
}
