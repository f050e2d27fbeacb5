import { type Host, IMAGES, type ImageRecord } from '@varve/core';
import { didYouMean, findImage, hasLabel, matchesReference, momentOf, parseLabelFilter, usageError } from '@varve/core/command';

interface Asked {
  readonly host: Host;
}
type Keep = (record: ImageRecord) => boolean | Promise<boolean>;

/** The images that `--filter` leaves, by the times in their configurations, the newest first: of one name any will do for references and labels, different names must all fit. */
export async function filterImages({ host }: Asked, filters: readonly string[]): Promise<readonly ImageRecord[]> {
  const parsed = filters.map(parseFilter);
  const references = parsed.filter(({ name }) => name === 'reference').map(({ value }) => value);
  const others = parsed.filter(({ name }) => name !== 'reference');
  const keeps = await Promise.all(others.map(({ name, value }) => FILTERS[name]?.(value, host)));
  const kept: ImageRecord[] = [];
  for (const record of await host.get(IMAGES).list()) {
    const names = record.names.filter((name) => references.length === 0 || references.some((pattern) => matchesReference(name, pattern)));
    if (references.length > 0 && names.length === 0) continue;
    if (await allKeep(keeps, record)) kept.push({ ...record, names });
  }
  return kept.sort((a, b) => createdOf(b) - createdOf(a));
}

async function allKeep(keeps: readonly (Keep | undefined)[], record: ImageRecord): Promise<boolean> {
  for (const keep of keeps) if (keep !== undefined && !(await keep(record))) return false;
  return true;
}

const FILTERS: Readonly<Record<string, (value: string, host: Host) => Keep | Promise<Keep>>> = {
  dangling: (value) => {
    const wanted = TRUTHS[value.toLowerCase()];
    if (wanted === undefined) throw usageError(`invalid filter 'dangling=${value}'`, 'Expected true or false.');
    return (record) => (record.names.length === 0) === wanted;
  },
  label: (value, host) => {
    const filter = parseLabelFilter(value);
    return async (record) => hasLabel((await host.get(IMAGES).open(record)).config.config.Labels ?? {}, filter);
  },
  before: async (value, host) => {
    const other = await findImage(host, value);
    return (record) => timeOf(record) < timeOf(other);
  },
  since: async (value, host) => {
    const other = await findImage(host, value);
    return (record) => timeOf(record) > timeOf(other);
  },
  until: (value) => {
    const until = momentOf('filter until', value);
    return (record) => timeOf(record) < until;
  },
};
/** Those that say nothing about it come last. */
const createdOf = ({ created }: ImageRecord): number => Date.parse(created ?? '') || 0;

/** As Go reads them. */
const TRUTHS: Readonly<Record<string, boolean | undefined>> = { true: true, t: true, 1: true, false: false, f: false, 0: false };
const NAMES = [...Object.keys(FILTERS), 'reference'];

const timeOf = ({ created, storedAt }: ImageRecord): number => (created === undefined ? storedAt : Date.parse(created));

function parseFilter(text: string): { readonly name: string; readonly value: string } {
  const { name, value } = parseLabelFilter(text);
  if (value === undefined) throw usageError(`--filter expects <name>=<value>, found ${JSON.stringify(text)}`);
  if (!NAMES.includes(name)) throw usageError(`There is no filter "${name}"${didYouMean(name, NAMES)}`, `Filters are ${NAMES.join(', ')}.`);
  return { name, value };
}
