import type { Command, Invocation } from '@varve/core';
import { contentSize } from '@varve/core/archive';
import { formatListing, humanSize, isOn, LISTING_OPTIONS, shortId, since } from '@varve/core/command';
import type { HistoryRow, Image, Layer } from '@varve/core/image';
import { openImage, PLATFORM_OPTION } from '../open-image.ts';

const HEADINGS = {
  ID: 'IMAGE',
  CreatedSince: 'CREATED',
  CreatedAt: 'CREATED AT',
  CreatedBy: 'CREATED BY',
  Size: 'SIZE',
  Comment: 'COMMENT',
} as const;
type Row = Record<keyof typeof HEADINGS, string>;

/** What an image was made by, newest first. */
export const historyCommand: Command = {
  name: 'history',
  aliases: ['image history'],
  summary: 'Show what an image was made by',
  usage: '<image>',
  options: {
    human: { type: 'boolean', short: 'H', description: 'sizes and times for people (default; --human=false for bytes and dates)' },
    'no-trunc': { type: 'boolean', description: 'whole commands and IDs' },
    platform: PLATFORM_OPTION,
    quiet: { type: 'boolean', short: 'q', description: 'IDs only' },
    ...LISTING_OPTIONS,
  },
  async run(invocation) {
    const { host, positionals, stdout, values } = invocation;
    const { record, image } = await openImage(host, positionals[0] ?? '', values);
    const rows = await rowsOf(image, record.id, invocation);
    if (isOn(values, 'quiet')) stdout.write(rows.map((row) => `${row.ID}\n`).join(''));
    else stdout.write(formatListing({ headings: HEADINGS, columns: columnsOf(values), rows }, values));
    return 0;
  },
};

const columnsOf = ({ human }: Invocation['values']): readonly (keyof Row)[] => [
  'ID',
  human === false ? 'CreatedAt' : 'CreatedSince',
  'CreatedBy',
  'Size',
  'Comment',
];

async function rowsOf(image: Image, id: string, { values, signal }: Invocation): Promise<readonly Row[]> {
  const whole = isOn(values, 'no-trunc');
  const human = values.human !== false;
  const sizes = await sizesOf(image, signal);
  const now = Date.now();
  return sizes.map(({ row, size }, i): Row => {
    const { created, created_by: createdBy = '', comment = '' } = row;
    return {
      ID: i === 0 ? (whole ? id : shortId(id)) : '<missing>',
      CreatedSince: human ? since(created, now) : secondOf(created),
      CreatedAt: secondOf(created),
      CreatedBy: whole ? createdBy.replaceAll('\t', ' ') : ellipsis(createdBy.replace(/\s/g, ' '), 45),
      Size: human ? humanSize(size) : String(size),
      Comment: comment,
    };
  });
}

/** Rows that are not marked empty stand for the layers, in order; layers without a row (legal) get one. */
async function sizesOf(image: Image, signal: AbortSignal): Promise<readonly { readonly row: HistoryRow; readonly size: number }[]> {
  const layers = [...image.layers];
  const rows: { readonly row: HistoryRow; readonly size: number }[] = [];
  for (const row of image.config.history) {
    const layer = row.empty_layer ? undefined : layers.shift();
    rows.push({ row, size: layer === undefined ? 0 : await bytesIn(layer, signal) });
  }
  for (const layer of layers) rows.push({ row: {}, size: await bytesIn(layer, signal) });
  return rows.reverse();
}

/** Bytes of the files in a layer, from its index: what docker calls a layer's size. */
async function bytesIn(layer: Layer, signal: AbortSignal): Promise<number> {
  return contentSize(await layer.index({ signal }));
}

/** RFC 3339 without fractions. */
function secondOf(time: string | undefined): string {
  const at = new Date(time ?? Number.NaN);
  return Number.isNaN(at.getTime()) ? 'N/A' : `${at.toISOString().slice(0, 19)}Z`;
}

const ellipsis = (text: string, length: number): string => (text.length <= length ? text : `${text.slice(0, length - 1)}…`);
