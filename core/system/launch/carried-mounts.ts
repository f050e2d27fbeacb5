import { closeSync } from 'node:fs';
import { mount } from '../mount.ts';
import { call } from './calls.ts';

const AT_FDCWD = -100;
const EMPTY_PATH = 4;
const RECURSIVE = 0x8000;
/** open_tree(2): a copy that is mounted nowhere, closed on exec. */
export const CLONE_TREE = 1 | 0o2000000;

/** Takes what is mounted on a path along into a mount namespace that was made before: call the result there. */
export function carryMount(path: string): () => void {
  const tree = call('open_tree', AT_FDCWD, path, CLONE_TREE | RECURSIVE);
  return () => {
    try {
      call('move_mount', tree, '', AT_FDCWD, path, EMPTY_PATH);
    } finally {
      closeSync(tree);
    }
    mount({ source: 'none', target: path, type: 'none', options: ['rprivate'] }); // nothing that is mounted in it now shows where it came from
  };
}
