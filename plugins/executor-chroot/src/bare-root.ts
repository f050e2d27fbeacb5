import { copyFileSync, lstatSync, renameSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { VarveError } from '@varve/core';
import { type Container, keepingMtime, makeNode } from '@varve/core/system';

const DEVICES: readonly (readonly [name: string, minor: number])[] = [
  ['null', 3],
  ['zero', 5],
  ['full', 7],
  ['random', 8],
  ['urandom', 9],
];

/** Without mounts: the files in place of the root's own, and the device nodes that are missing, for as long as the process runs. */
export function placeInRoot(root: string, { mounts, system }: Container): Disposable {
  const undone: (() => void)[] = [];
  const undo = (): void => {
    for (const each of undone.splice(0).reverse()) each();
  };
  try {
    for (const { source, target } of mounts) undone.push(replaceFile(join(root, target), source));
    for (const [name, minor] of DEVICES) undone.push(makeDevice(join(root, system.dev, name), minor));
    return { [Symbol.dispose]: undo };
  } catch (failure) {
    undo();
    throw failure;
  }
}

/** The original is put aside, not written to: it may share its contents with other files. */
function replaceFile(path: string, source: string): () => void {
  const aside = `${path}.varve-original`;
  keepingMtime(dirname(path), () => {
    renameSync(path, aside);
    copyFileSync(source, path);
  });
  return () => keepingMtime(dirname(path), () => renameSync(aside, path));
}

/** Where that is not allowed either, the process has to do without. */
function makeDevice(path: string, minor: number): () => void {
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) return () => undefined;
  try {
    keepingMtime(dirname(path), () => makeNode(path, { type: 'char', mode: 0o666, major: 1, minor }));
  } catch (failure) {
    if (VarveError.is(failure) && failure.code === 'SYSTEM_EPERM') return () => undefined;
    throw failure;
  }
  return () => keepingMtime(dirname(path), () => unlinkSync(path));
}
