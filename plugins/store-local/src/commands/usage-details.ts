import { type Host, IMAGES, INSPECTABLES, type StoredItem } from '@varve/core';
import { createdAt, humanAge, humanSize, layOut, shortId, shownName, since } from '@varve/core/command';
import { usageOf } from '../collect/disk-usage-report.ts';
import { ItemGraph } from '../collect/item-graph.ts';
import { sizeOf } from '../collect/plan-collection.ts';

type Row = Readonly<Record<string, string>>;
/** Headings by the member that they stand over. */
type Headings = Readonly<Record<string, string>>;

/** What `system df -v` shows, in docker's words. */
export interface UsageDetails {
  readonly Images: readonly Row[];
  readonly Containers: readonly Row[];
  readonly Volumes: readonly Row[];
  readonly BuildCache: readonly Row[];
}

const IMAGE_HEADINGS: Headings = {
  Repository: 'REPOSITORY',
  Tag: 'TAG',
  ID: 'IMAGE ID',
  CreatedSince: 'CREATED',
  Size: 'SIZE',
  SharedSize: 'SHARED SIZE',
  UniqueSize: 'UNIQUE SIZE',
  Containers: 'CONTAINERS',
};
const CONTAINER_HEADINGS: Headings = {
  ID: 'CONTAINER ID',
  Image: 'IMAGE',
  Command: 'COMMAND',
  LocalVolumes: 'LOCAL VOLUMES',
  Size: 'SIZE',
  RunningFor: 'CREATED',
  Status: 'STATUS',
  Names: 'NAMES',
};
const VOLUME_HEADINGS: Headings = { Name: 'VOLUME NAME', Links: 'LINKS', Size: 'SIZE' };
const CACHE_HEADINGS: Headings = {
  ID: 'CACHE ID',
  CacheType: 'CACHE TYPE',
  Size: 'SIZE',
  LastUsedSince: 'LAST USED',
  Description: 'DESCRIPTION',
};

/** Sizes are those on disk: of all rows together, with what images share counted once, they are what `system df` says. */
export async function detailsOf(host: Host, items: readonly StoredItem[]): Promise<UsageDetails> {
  const graph = new ItemGraph(items);
  const now = Date.now();
  const cache = usageOf(items).find(({ type }) => type === 'Build Cache')?.items ?? [];
  return {
    Images: await imageRows(host, graph, now),
    Containers: await Promise.all(ofKind(graph, 'container').map(async (item) => await containerRow(host, graph, item, now))),
    Volumes: ofKind(graph, 'volume').map((item) => ({
      Name: nameOf(item),
      Links: String(linksTo(graph, item)),
      Size: humanSize(item.size),
    })),
    BuildCache: [...cache]
      .sort((a, b) => b.size - a.size)
      .map((item) => ({
        ID: cacheId(item),
        CacheType: item.kind,
        Size: humanSize(item.size),
        LastUsedSince: item.usedAt === 0 ? 'N/A' : since(item.usedAt, now),
        Description: item.title,
      })),
  };
}

export function formatDetails({ Images, Containers, Volumes, BuildCache }: UsageDetails, cacheSize: number): string {
  return [
    `Images space usage:\n\n${tableOf(IMAGE_HEADINGS, Images)}`,
    `Containers space usage:\n\n${tableOf(CONTAINER_HEADINGS, Containers)}`,
    `Local Volumes space usage:\n\n${tableOf(VOLUME_HEADINGS, Volumes)}`,
    `Build cache usage: ${humanSize(cacheSize)}\n\n${tableOf(CACHE_HEADINGS, BuildCache)}`,
  ].join('\n');
}

const tableOf = (headings: Headings, rows: readonly Row[]): string =>
  layOut([headings, ...rows].map((row) => Object.keys(headings).map((name) => row[name] ?? '')));

async function imageRows(host: Host, graph: ItemGraph, now: number): Promise<readonly Row[]> {
  const records = [...(await host.get(IMAGES).list())].sort((a, b) => timeOf(b.created) - timeOf(a.created));
  const partsOf = new Map(
    records.map((record) => {
      const own = graph.items.filter(({ id }) => id === `image/${record.descriptor.digest}`);
      return [record, [...graph.reachable(own)].filter(({ kind }) => kind === 'image' || kind === 'layer')];
    }),
  );
  const users = new Map<StoredItem, number>();
  for (const part of [...partsOf.values()].flat()) users.set(part, (users.get(part) ?? 0) + 1);
  const containers = ofKind(graph, 'container');
  return [...partsOf].flatMap(([record, parts]) => {
    const [own] = parts;
    const shared = sizeOf(parts.filter((part) => (users.get(part) ?? 0) > 1));
    const names = record.names.length === 0 ? [{ repository: '<none>', tag: '<none>' }] : record.names.map(shownName);
    return names.map(({ repository, tag }) => ({
      Repository: repository,
      Tag: tag,
      ID: shortId(record.id),
      Digest: record.descriptor.digest,
      CreatedAt: createdAt(record.created),
      CreatedSince: since(record.created, now),
      Size: humanSize(sizeOf(parts)),
      SharedSize: humanSize(shared),
      UniqueSize: humanSize(sizeOf(parts) - shared),
      Containers: String(containers.filter((item) => own !== undefined && graph.reachable([item]).has(own)).length),
    }));
  });
}

/** What `inspect` shows of a container, as far as it is needed here. */
interface Inspected {
  readonly Created?: string;
  readonly Path?: string;
  readonly Args?: readonly string[];
  readonly Config?: { readonly Image?: string };
  readonly State?: { readonly Status?: string; readonly ExitCode?: number; readonly StartedAt?: string; readonly FinishedAt?: string };
}

async function containerRow(host: Host, graph: ItemGraph, item: StoredItem, now: number): Promise<Row> {
  const shown = host.all(INSPECTABLES).find(({ type }) => type === 'container');
  const { Created, Path = '', Args = [], Config, State } = ((await shown?.inspect(nameOf(item))) ?? {}) as Inspected;
  const needs = graph.needsOf(item);
  return {
    ID: nameOf(item).slice(0, 12),
    Image: Config?.Image ?? '',
    Command: JSON.stringify(ellipsis([Path, ...Args].join(' '))),
    LocalVolumes: String(needs.filter(({ kind }) => kind === 'volume').length),
    Size: humanSize(item.size + sizeOf(needs.filter(({ kind, held }) => kind === 'snapshot' && held !== undefined))),
    RunningFor: since(Created, now),
    Status: statusOf(State, now),
    Names: item.title.replace(/^container /, ''),
  };
}

function statusOf({ Status = '', ExitCode = 0, StartedAt = '', FinishedAt }: NonNullable<Inspected['State']> = {}, now: number): string {
  const up = `Up ${humanAge(Math.max(0, now - Date.parse(StartedAt)))}`;
  if (Status === 'running') return up;
  if (Status === 'paused') return `${up} (Paused)`;
  if (Status === 'exited') return `Exited (${ExitCode}) ${since(FinishedAt, now)}`;
  return `${Status.slice(0, 1).toUpperCase()}${Status.slice(1)}`;
}

const linksTo = (graph: ItemGraph, volume: StoredItem): number =>
  ofKind(graph, 'container').filter((item) => graph.needsOf(item).includes(volume)).length;
const ofKind = (graph: ItemGraph, kind: string): readonly StoredItem[] => graph.items.filter((item) => item.kind === kind);
const nameOf = ({ id }: StoredItem): string => id.slice(id.indexOf('/') + 1);
const timeOf = (time: string | undefined): number => Date.parse(time ?? '') || 0;
/** The first digits of the digest in its name, or the last of its words. */
const cacheId = ({ id }: StoredItem): string => (id.match(/[0-9a-f]{64}/)?.[0] ?? id.slice(id.lastIndexOf('/') + 1)).slice(0, 12);
const ellipsis = (text: string): string => (text.length <= 20 ? text : `${text.slice(0, 19)}…`);
