import { FolderKeeper } from '@varve/core/command';
import { RECEIPTS } from './conditions.ts';

/** Without a receipt a build is slower, and comes to the same. */
export const receiptKeeper = (root: string): FolderKeeper =>
  new FolderKeeper({ root, name: RECEIPTS, kind: 'receipt', title: (name) => `receipt of a build ${name}` });
