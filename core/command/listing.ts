import { goJson } from './go-value.ts';
import type { Values } from './read-values.ts';
import { layOut } from './table.ts';
import { compileTemplate } from './template.ts';

/** What a command lists: named texts, and the headings under which a table shows them. */
export interface Listing<Row extends Readonly<Record<string, string>>> {
  readonly headings: Readonly<Record<keyof Row & string, string>>;
  /** Columns of the usual table. */
  readonly columns: readonly (keyof Row & string)[];
  readonly rows: readonly Row[];
}

export const LISTING_OPTIONS = {
  format: { type: 'string', value: '<format>', description: 'table, json, "table <Go template>" or a Go template' },
  json: { type: 'boolean', description: 'one JSON object a line' },
} as const;

/** A listing as `--format` and `--json` ask for it. @throws VarveError `TEMPLATE_INVALID` */
export function formatListing<Row extends Readonly<Record<string, string>>>(listing: Listing<Row>, values: Values): string {
  const { headings, columns, rows } = listing;
  const format = values.json === true ? 'json' : typeof values.format === 'string' && values.format !== '' ? values.format : 'table';
  if (format === 'json') return rows.map((row) => `${goJson(sorted(row))}\n`).join('');
  if (format === 'table') return layOut([headings, ...rows].map((row) => columns.map((name) => row[name] ?? '')));
  const [, table, text = format] = /^(table)\s+(.*)$/s.exec(format) ?? [];
  const template = compileTemplate(text.replaceAll('\\t', '\t').replaceAll('\\n', '\n'));
  if (table === undefined) return rows.map((row) => `${template(row)}\n`).join('');
  return layOut([headings, ...rows].map((row) => template(row).split('\t')));
}

/** Members by name, as Go writes a map: who compares lines as texts finds them equal. */
const sorted = (row: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)));
