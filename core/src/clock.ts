/** RFC 3339, never later than the build's epoch. */
export function clampTime(time: string, epoch: number | undefined): string {
  if (epoch === undefined || Date.parse(time) <= epoch * 1000) return time;
  return new Date(epoch * 1000).toISOString().replace('.000Z', 'Z');
}

export const now = (): string => new Date().toISOString();
