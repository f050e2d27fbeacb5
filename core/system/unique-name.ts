import { randomBytes } from 'node:crypto';

/** Twelve characters that are safe in paths and mount options and were never used before. */
export const uniqueName = (): string => randomBytes(6).toString('hex');
