const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** A number of bytes as docker writes it: four digits at most, in powers of a thousand. */
export function humanSize(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  const value = Number((bytes / 1000 ** power).toPrecision(4));
  return value === 1000 && power < UNITS.length - 1 ? `1${UNITS[power + 1]}` : `${value}${UNITS[power]}`;
}
