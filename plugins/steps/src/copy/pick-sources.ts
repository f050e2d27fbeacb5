import type { CopySource, CopyStep, StepInputs } from '@varve/core';
import { baseName, cleanPath, type FileTree, type NodeEntry, parentOf, resolvePath } from '@varve/core/archive';
import { expandWildcard, hasWildcard, withoutEscapes } from './expand-wildcard.ts';
import { explainMissing } from './explain-missing.ts';
import { joinEntry } from './join-entry.ts';

/** One file or directory that a step names, wildcards expanded. */
export interface Picked {
  /** As the user names it, without wildcards. */
  readonly label: string;
  /** What it is called in a directory. */
  readonly name: string;
  /** What is there, symlinks followed. */
  readonly entry: NodeEntry;
  /** Of the step, where it is one. */
  readonly source?: CopySource | undefined;
  /** With `--parents`: the path that is kept, and the directories on it. */
  readonly kept?: { readonly path: string; readonly parents: readonly NodeEntry[] } | undefined;
}

/**
 * What a step copies from its tree.
 *
 * @throws VarveError `COPY_NOT_FOUND`, `PATTERN_INVALID`, `PATH_LOOP`
 */
export function pickSources(step: CopyStep, tree: FileTree, inputs: StepInputs): readonly Picked[] {
  return step.sources.flatMap((source) => {
    if (source.kind !== 'path') return [];
    const picked = (step.parents ? pickWithParents : pick)(step, source.path, { tree, inputs });
    return picked.map((one) => ({ ...one, source }));
  });
}

/** A wildcard that matches nothing copies nothing, which is worth a word. */
export function warnOfNothing(step: CopyStep, picked: readonly Picked[], inputs: StepInputs): void {
  for (const source of step.sources)
    if (source.kind === 'path' && hasWildcard(source.path) && !picked.some((one) => one.source === source))
      inputs.warn({
        code: 'COPY_NOTHING',
        message: `"${source.path}" matches no file, so nothing is copied for it`,
        source: step.source,
      });
}

interface From {
  readonly tree: FileTree;
  readonly inputs: StepInputs;
}

function pick(step: CopyStep, text: string, { tree, inputs }: From): readonly Picked[] {
  const path = cleanPath(text);
  return pathsOf(tree, path).map((label) => {
    const { path: found, entry = rootOf(found) } = resolvePath(tree, label);
    if (entry === undefined) throw explainMissing(step, label, { tree, inputs, text });
    return { label, name: baseName(label), entry };
  });
}

/** The paths below `from` that a pattern names, also those that are not there. A backslash may also be part of a name. */
function pathsOf(tree: FileTree, pattern: string, from = ''): readonly string[] {
  if (hasWildcard(pattern)) return expandWildcard(tree, pattern, from);
  const path = joinEntry(from, pattern);
  return [resolvePath(tree, path).exists ? path : joinEntry(from, withoutEscapes(pattern))];
}

/** A tree of layers need not say anything about its root, which is there all the same. */
const rootOf = (path: string): NodeEntry | undefined =>
  path === '' ? { type: 'directory', path, mode: 0o755, uid: 0, gid: 0, mtime: { seconds: 0, nanoseconds: 0 } } : undefined;

/** Up to `/./` the path is only where to look; what follows is kept. */
function pivotOf(text: string): { readonly root: string; readonly rest: string } {
  const at = text.indexOf('/./');
  return at < 0 ? { root: '', rest: cleanPath(text) } : { root: cleanPath(text.slice(0, at)), rest: cleanPath(text.slice(at + 3)) };
}

function pickWithParents(step: CopyStep, text: string, { tree, inputs }: From): readonly Picked[] {
  const { root, rest } = pivotOf(text);
  const roots = pathsOf(tree, root).map((label) => resolvePath(tree, label).path);
  const isOpen = hasWildcard(root) || hasWildcard(rest);
  return roots.flatMap((from) => {
    const found = pathsOf(tree, rest, from).flatMap((path) => {
      const entry = tree.get(path) ?? rootOf(path);
      if (entry === undefined && !isOpen) throw explainMissing(step, path, { tree, inputs, text });
      return entry === undefined ? [] : [{ path, entry }];
    });
    return found.map(({ path, entry }) => {
      const below = from === '' || path === from ? path.slice(from.length) : path.slice(from.length + 1);
      return { label: path, name: baseName(path), entry, kept: { path: below, parents: parentsOf(tree, path, from) } };
    });
  });
}

/** The directories between `root` and a path, topmost first. */
function parentsOf(tree: FileTree, path: string, root: string): readonly NodeEntry[] {
  const parents: NodeEntry[] = [];
  for (let dir = parentOf(path); dir.length > root.length; dir = parentOf(dir)) {
    const entry = tree.get(dir);
    if (entry !== undefined) parents.unshift(entry);
  }
  return parents;
}
