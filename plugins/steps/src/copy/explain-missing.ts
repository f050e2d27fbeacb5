import { existsSync } from 'node:fs';
import { type CopyStep, type StepInputs, type TreeRef, VarveError } from '@varve/core';
import { baseName, childPath, type FileTree, joinPath, parentOf, resolvePath } from '@varve/core/archive';

export interface Missing {
  readonly tree: FileTree;
  readonly inputs: StepInputs;
  /** As the user wrote it. */
  readonly text: string;
}

/** The error for a source that is not there, with what may have been meant. */
export function explainMissing(step: CopyStep, path: string, { tree, inputs, text }: Missing): VarveError {
  const where = nameOf(step.from);
  const message = `failed to compute cache key: failed to calculate checksum of ${where}: "/${path}": not found`;
  const hint =
    whySymlink(tree, path, where) ??
    whyOutside(text, path, where) ??
    whyIgnored(step, resolvePath(tree, path).path, inputs) ??
    suggest(tree, path);
  return new VarveError('COPY_NOT_FOUND', message, { source: step.source, hint });
}

function nameOf(from: TreeRef): string {
  if (from.kind === 'image') return `image ${from.ref}`;
  if (from.kind === 'context') return from.name === undefined ? 'the build context' : `context ${from.name}`;
  return `${from.kind} ${from.name}`;
}

function whySymlink(tree: FileTree, path: string, where: string): string | undefined {
  const entry = tree.get(path);
  return entry?.type === 'symlink' ? `"/${path}" is a symlink to "${entry.target}", which is not in ${where}.` : undefined;
}

/** Parents of the root are the root. */
const whyOutside = (text: string, path: string, where: string): string | undefined =>
  /^\/*(?:\.\/+)*\.\.(?:\/|$)/.test(text) ? `"${text}" means "/${path}" here: nothing outside of ${where} can be copied.` : undefined;

/** The tree does not show it, but the directory has it. */
function whyIgnored({ from }: CopyStep, path: string, { build }: StepInputs): string | undefined {
  const { context } = build.request;
  if (from.kind !== 'context' || from.name !== undefined || context === undefined) return undefined;
  return existsSync(joinPath(context, path)) ? `"${path}" is in the build context, but .dockerignore excludes it.` : undefined;
}

/** Names in the same directory that are spelt nearly so, else what there is. */
function suggest(tree: FileTree, path: string): string | undefined {
  const dir = nearestDirectory(tree, parentOf(path));
  const wanted = path.slice(dir === '' ? 0 : dir.length + 1).split('/')[0] ?? baseName(path);
  const names = tree.list(dir);
  const near = names
    .map((name) => ({ name, distance: distanceOf(name.toLowerCase(), wanted.toLowerCase()) }))
    .filter(({ distance }) => distance <= Math.max(1, Math.floor(wanted.length / 3)))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3);
  if (near.length > 0) return `Did you mean ${near.map(({ name }) => childPath(dir, name)).join(' or ')}?`;
  if (names.length === 0) return `"/${dir}" is empty.`;
  const some = names.slice(0, 10).join(', ');
  return `"/${dir}" has ${some}${names.length > 10 ? `, … (${names.length} entries)` : ''}.`;
}

function nearestDirectory(tree: FileTree, dir: string): string {
  const { entry } = resolvePath(tree, dir);
  return dir === '' || entry?.type === 'directory' ? dir : nearestDirectory(tree, parentOf(dir));
}

/** Levenshtein's distance; names are short. */
function distanceOf(a: string, b: string): number {
  if (a.length > 100 || b.length > 100) return 100;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + Number(a[i - 1] !== b[j - 1]));
    row = next;
  }
  return row[b.length] ?? 0;
}
