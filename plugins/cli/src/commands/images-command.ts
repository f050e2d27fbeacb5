import type { Command, ImageRecord, Invocation } from '@varve/core';
import {
  createdAt,
  formatListing,
  humanSize,
  isOn,
  LISTING_OPTIONS,
  type Listing,
  listOf,
  matchesReference,
  shortId,
  shownName,
  since,
} from '@varve/core/command';
import { filterImages } from '../filter-images.ts';

const HEADINGS = {
  Repository: 'REPOSITORY',
  Tag: 'TAG',
  Digest: 'DIGEST',
  ID: 'IMAGE ID',
  CreatedSince: 'CREATED',
  CreatedAt: 'CREATED AT',
  Size: 'SIZE',
  VirtualSize: 'SIZE',
  SharedSize: 'SHARED SIZE',
  UniqueSize: 'UNIQUE SIZE',
  Containers: 'CONTAINERS',
} as const;
type Row = Record<keyof typeof HEADINGS, string>;

/** What a list does not count, as docker has it there: `system df -v` does. */
const UNCOUNTED = { SharedSize: 'N/A', UniqueSize: 'N/A', Containers: 'N/A' } as const;

/** The images of this host, newest first: a row for each name. */
export const imagesCommand: Command = {
  name: 'images',
  summary: 'List images',
  usage: '[repository[:tag]]',
  options: {
    all: { type: 'boolean', short: 'a', description: 'all images (intermediate ones are never kept as images)' },
    quiet: { type: 'boolean', short: 'q', description: 'IDs only' },
    'no-trunc': { type: 'boolean', description: 'whole IDs' },
    digests: { type: 'boolean', description: 'show digests of manifests' },
    filter: {
      type: 'string',
      short: 'f',
      multiple: true,
      value: '<name=value>',
      description: 'dangling=true, reference=<pattern>, label=<name>[=<value>], before=<image>, since=<image>, until=<age>',
    },
    ...LISTING_OPTIONS,
  },
  async run(invocation) {
    const { stdout, values } = invocation;
    const records = await filterImages(invocation, listOf(values, 'filter'));
    const rows = rowsOf(records, invocation);
    if (isOn(values, 'quiet')) stdout.write(rows.map(({ ID }) => `${ID}\n`).join(''));
    else stdout.write(formatListing(listing(rows, isOn(values, 'digests')), values));
    return 0;
  },
};
export const imageLsCommand: Command = { ...imagesCommand, name: 'image ls', aliases: ['image list'] };

function rowsOf(records: readonly ImageRecord[], { values, positionals }: Invocation): readonly Row[] {
  const [pattern] = positionals;
  const whole = isOn(values, 'no-trunc');
  const now = Date.now();
  return records.flatMap((record) => {
    const names = record.names.filter((name) => pattern === undefined || matchesReference(name, pattern));
    const shown = record.names.length === 0 && pattern === undefined ? [{ repository: '<none>', tag: '<none>' }] : names.map(shownName);
    return shown.map(({ repository, tag }) => ({
      Repository: repository,
      Tag: tag,
      Digest: record.descriptor.digest,
      ID: whole ? record.id : shortId(record.id),
      CreatedSince: since(record.created, now),
      CreatedAt: createdAt(record.created),
      Size: humanSize(record.size),
      VirtualSize: humanSize(record.size),
      ...UNCOUNTED,
    }));
  });
}

const listing = (rows: readonly Row[], withDigests: boolean): Listing<Row> => ({
  headings: HEADINGS,
  columns: withDigests
    ? ['Repository', 'Tag', 'Digest', 'ID', 'CreatedSince', 'Size']
    : ['Repository', 'Tag', 'ID', 'CreatedSince', 'Size'],
  rows,
});
