import { FolderKeeper } from '@varve/core/command';

/** The whole outputs of steps, a directory for each build: of use to whoever looks into a failure, and to no program. */
export const logKeeper = (root: string): FolderKeeper =>
  new FolderKeeper({ root, name: 'logs', kind: 'log', title: (name) => `outputs of build ${name}` });
