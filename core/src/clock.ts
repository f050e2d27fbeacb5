import type { ImageConfig } from '../image/index.ts';

/** RFC 3339, never later than the build's epoch. */
export function clampTime(time: string, epoch: number | undefined): string {
  if (epoch === undefined || Date.parse(time) <= epoch * 1000) return time;
  return new Date(epoch * 1000).toISOString().replace('.000Z', 'Z');
}

export const now = (): string => new Date().toISOString();

/**
 * The time of a row that made no layer: that of the row before it, so that a build whose steps were all cached gives the image it gave
 * before. `undefined` on nothing: there it is that of the first layer, see `fillTimes`.
 */
export const timeOfConfig = ({ history, created }: ImageConfig): string | undefined => history.at(-1)?.created ?? created;

/** Gives rows that stand before the first layer its time. */
export const fillTimes = (config: ImageConfig, created: string): ImageConfig => ({
  ...config,
  history: config.history.map((row) => (row.created === undefined ? { created, ...row } : row)),
});
