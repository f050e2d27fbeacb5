import { VarveError } from '../src/errors.ts';

export const invalidTar = (what: string, at: number): VarveError =>
  new VarveError('TAR_INVALID', `Expected a tar, found ${what} at byte ${at}`);

export const truncatedTar = (at: number): VarveError =>
  new VarveError('TAR_TRUNCATED', `The tar ends after ${at} bytes, in the middle of a member`, {
    hint: 'The archive was not copied or downloaded to its end',
  });

export const sparseTar = (path: string): VarveError =>
  new VarveError('TAR_SPARSE', `"${path}" is stored as a sparse file, which is not supported`, {
    hint: 'Make the archive without --sparse',
  });

export const badTarPath = (path: string, why: string): VarveError =>
  new VarveError('TAR_PATH', `The archive has a path that ${why}: ${JSON.stringify(path.slice(0, 200))}`);

export const tarLimit = (what: string, limit: number): VarveError => new VarveError('TAR_LIMIT', `The tar has more than ${limit} ${what}`);
