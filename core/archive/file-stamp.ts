import type { BigIntStats } from 'node:fs';
import type { FileStamp } from './entry.ts';

export const stampOf = (stats: BigIntStats): FileStamp => ({
  dev: Number(stats.dev),
  ino: Number(stats.ino),
  size: Number(stats.size),
  mtimeNs: stats.mtimeNs,
  ctimeNs: stats.ctimeNs,
});

export const isSameStamp = (stamp: FileStamp, stats: BigIntStats): boolean =>
  stamp.ctimeNs === stats.ctimeNs &&
  stamp.mtimeNs === stats.mtimeNs &&
  stamp.size === Number(stats.size) &&
  stamp.ino === Number(stats.ino) &&
  stamp.dev === Number(stats.dev);
