const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** Bytes as docker shows them: three digits, powers of 1000. */
export function humanSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${Number(value.toPrecision(3))}${UNITS[unit]}`;
}

/** Bytes as docker shows memory: four digits, powers of 1024. */
export function binarySize(bytes: number): string {
  const unit = Math.min(Math.max(Math.floor(Math.log2(bytes) / 10), 0), 5) || 0;
  return `${Number((bytes / 1024 ** unit).toPrecision(4))}${['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'][unit]}`;
}

/** Bytes that a person wrote: `64m`, `1g`, `512`. `undefined`: that is no size. */
export function parseSize(text: string): number | undefined {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(text.trim()) ?? [];
  if (digits === undefined) return undefined;
  return Math.floor(Number(digits) * 1024 ** ['', 'k', 'm', 'g', 't'].indexOf(unit.toLowerCase()));
}

/** How long ago, as docker says it (go-units, HumanDuration). */
export function humanAge(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.round(minutes / 60);
  if (seconds < 1) return 'Less than a second';
  if (seconds === 1) return '1 second';
  if (seconds < 60) return `${seconds} seconds`;
  if (minutes === 1) return 'About a minute';
  if (minutes < 60) return `${minutes} minutes`;
  if (hours === 1) return 'About an hour';
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 7 * 2) return `${Math.floor(hours / 24)} days`;
  if (hours < 24 * 30 * 2) return `${Math.floor(hours / 24 / 7)} weeks`;
  if (hours < 24 * 365 * 2) return `${Math.floor(hours / 24 / 30)} months`;
  return `${Math.floor(hours / 24 / 365)} years`;
}

/** `… ago`, or `N/A` where there is no time. */
export function since(time: string | number | undefined, now: number): string {
  const at = typeof time === 'number' ? time : Date.parse(time ?? '');
  return Number.isNaN(at) ? 'N/A' : `${humanAge(Math.max(0, now - at))} ago`;
}

/** A time as docker's CreatedAt shows it. */
export function createdAt(time: string | undefined): string {
  const at = new Date(time ?? Number.NaN);
  return Number.isNaN(at.getTime()) ? 'N/A' : `${at.toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC`;
}
