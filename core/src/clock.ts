import type { ImageConfig } from '../image/index.ts';

/** RFC 3339, never later than the build's epoch. */
export function clampTime(time: string, epoch: number | undefined): string {
  if (epoch === undefined || Date.parse(time) <= epoch * 1000) return time;
  return new Date(epoch * 1000).toISOString().replace('.000Z', 'Z');
}

export const now = (): string => new Date().toISOString();

/**
 * The time of a row that made no layer: that of the row before it, so that a build whose steps were all cached gives the image it gave
 * before.
 */
export const timeOfConfig = ({ history, created }: ImageConfig): string => history.at(-1)?.created ?? created ?? now();
