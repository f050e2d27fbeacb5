import type { Command, Invocation } from '@varve/core';
import { formatListing, isOn, LISTING_OPTIONS, type Listing, listOf, textOf, usageError } from '@varve/core/command';
import { type Found, searchRegistry } from '../discovery/search-registry.ts';
import { ACCESS_OPTIONS, type Hub, openRequester, readAccess } from './access.ts';

const HEADINGS = { Name: 'NAME', Description: 'DESCRIPTION', StarCount: 'STARS', IsOfficial: 'OFFICIAL' } as const;
type Row = Record<keyof typeof HEADINGS, string>;

const LIMIT = 25;
const MOST = 100;
/** Characters of a description in a table, as docker has it. */
const SHORT = 45;

/** `varve search`: names of repositories, where a registry tells them. */
export const searchCommand = (hub: Hub): Command => ({
  name: 'search',
  summary: 'Search Docker Hub, or the registry in front of the term, for images',
  usage: '<term>',
  options: {
    filter: { type: 'string', short: 'f', multiple: true, value: '<name=value>', description: 'is-official=true, stars=<least>' },
    limit: { type: 'string', value: '<count>', description: `How many at most (default: ${LIMIT})` },
    'no-trunc': { type: 'boolean', description: 'Whole descriptions' },
    ...LISTING_OPTIONS,
    ...ACCESS_OPTIONS,
  },
  async run(invocation) {
    const { values, positionals, stdout, signal } = invocation;
    const [text, ...rest] = positionals;
    if (text === undefined || text === '' || rest.length > 0)
      throw usageError(`Expected one term, found ${positionals.length}`, 'varve search <term>');
    const { host, term } = placeOf(text);
    const limit = readLimit(textOf(values, 'limit'));
    const fits = readFilters(listOf(values, 'filter'));
    const access = await readAccess(hub, host, invocation);
    await using opened = openRequester(access);
    const found = await searchRegistry(opened.requester, host, { term, limit, signal });
    stdout.write(formatListing(listing(found.filter(fits), { host, values }), values));
    return 0;
  },
});

/** The first part is a registry by the same rule as in names of images. */
function placeOf(text: string): { readonly host: string; readonly term: string } {
  const slash = text.indexOf('/');
  const first = slash === -1 ? '' : text.slice(0, slash);
  const isHost = /[.:]/.test(first) || first === 'localhost';
  return isHost && first !== 'docker.io'
    ? { host: first, term: text.slice(slash + 1) }
    : { host: 'docker.io', term: isHost ? text.slice(slash + 1) : text };
}

function readLimit(text: string | undefined): number {
  const limit = text === undefined ? LIMIT : Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= MOST) return limit;
  throw usageError(`--limit ${text} is outside the range of [1, ${MOST}]`);
}

function readFilters(filters: readonly string[]): (found: Found) => boolean {
  const checks = filters.map((filter): ((found: Found) => boolean) => {
    const [name = '', value = ''] = filter.split('=', 2);
    if (name === 'is-official' && /^(?:true|1|false|0)$/.test(value)) return ({ isOfficial }) => isOfficial === /^(?:true|1)$/.test(value);
    if (name === 'stars' && /^\d+$/.test(value)) return ({ stars }) => stars >= Number(value);
    throw usageError(`There is no filter ${JSON.stringify(filter)}`, '--filter is-official=true, --filter stars=<least>');
  });
  return (found) => checks.every((check) => check(found));
}

interface Showing {
  readonly host: string;
  readonly values: Invocation['values'];
}

function listing(found: readonly Found[], { host, values }: Showing): Listing<Row> {
  const prefix = host === 'docker.io' ? '' : `${host}/`;
  const short = (text: string) => (isOn(values, 'no-trunc') || text.length <= SHORT ? text : `${text.slice(0, SHORT - 1)}…`);
  const rows = found.map(({ name, description, stars, isOfficial }) => ({
    Name: `${prefix}${name}`,
    Description: short(description),
    StarCount: String(stars),
    IsOfficial: isOfficial ? '[OK]' : '',
  }));
  return { headings: HEADINGS, columns: ['Name', 'Description', 'StarCount', 'IsOfficial'], rows };
}
