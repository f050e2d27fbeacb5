import { posix } from 'node:path';

/**
 * The patterns of an ignore file, for a pattern matcher: without comments and blank lines, cleaned like paths, rooted at the context. A
 * leading `!` stays in front.
 */
export function parseIgnoreFile(text: string): readonly string[] {
  const lines = text.replace(/^\ufeff/, '').split('\n');
  return lines.filter((line) => !line.startsWith('#')).flatMap((line) => cleanPattern(line.trim()));
}

function cleanPattern(line: string): readonly string[] {
  if (line === '') return [];
  const excepted = line.startsWith('!');
  const path = cleanPath(excepted ? line.slice(1).trim() : line);
  return [excepted ? `!${path}` : path];
}

function cleanPath(path: string): string {
  if (path === '') return '';
  const clean = posix.normalize(path).replace(/(?<=.)\/$/, '');
  return clean.length > 1 && clean.startsWith('/') ? clean.slice(1) : clean;
}
