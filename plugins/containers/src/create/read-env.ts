import { readFileSync } from 'node:fs';
import { messageOf } from '@varve/core';
import { usageError } from '@varve/core/command';

/**
 * `NAME=value`, from files first. A name alone takes its value from this process's environment, and is left out where that has none.
 * @throws VarveError `USAGE`
 */
export function readEnv(files: readonly string[], given: readonly string[]): readonly string[] {
  return [...files.flatMap(readLines), ...given].flatMap((entry) => {
    if (/^=|^$/.test(entry)) throw usageError(`invalid environment variable: ${entry}`);
    if (entry.includes('=')) return [entry];
    const value = process.env[entry];
    return value === undefined ? [] : [`${entry}=${value}`];
  });
}

/** @throws VarveError `USAGE` */
export function readLabels(files: readonly string[], given: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries([...files.flatMap(readLines), ...given].map(splitPair));
}

export function splitPair(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at === 0 || text === '') throw usageError(`Expected <name>=<value>, found ${JSON.stringify(text)}`);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/** Lines that are neither empty nor comments; blanks in front of a name do not count, those of values do. */
function readLines(file: string): readonly string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw usageError(`open ${file}: ${isMissing ? 'no such file or directory' : messageOf(cause)}`);
  }
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line) => line.trimStart())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const name = line.split('=', 1)[0] ?? '';
      if (/\s/.test(name)) throw usageError(`poorly formatted environment: variable '${name}' contains whitespaces`, `In ${file}.`);
      return line;
    });
}
