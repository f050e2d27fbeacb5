import { removeTree } from './remove-tree.ts';

/** Makes something where nothing may be; what is there is removed, and never followed. */
export function replacing(host: string | Buffer, make: () => void): void {
  try {
    make();
  } catch (error) {
    if (!isThere(error)) throw error;
    removeTree(host);
    make();
  }
}

const isThere = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && (error.code === 'EEXIST' || error.code === 'SYSTEM_EEXIST');
