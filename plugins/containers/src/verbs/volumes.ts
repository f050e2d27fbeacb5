import { type Invocation, VarveError } from '@varve/core';
import {
  didYouMean,
  forEach,
  formatListing,
  hasLabel,
  humanSize,
  inspectEach,
  isOn,
  listOf,
  parseLabelFilter,
  textOf,
  usageError,
  type Values,
} from '@varve/core/command';
import { readLabels } from '../create/read-env.ts';
import { describeVolume } from '../describe/describe-volume.ts';
import type { Engine } from '../engine.ts';
import { usesVolume, type VolumeRecord } from '../state/volume-table.ts';
import { confirm } from './confirm.ts';

const HEADINGS = {
  Driver: 'DRIVER',
  Name: 'VOLUME NAME',
  Mountpoint: 'MOUNTPOINT',
  Labels: 'LABELS',
  Scope: 'SCOPE',
  Size: 'SIZE',
  Links: 'LINKS',
} as const;
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

export async function list(engine: Engine, { values, stdout }: Invocation): Promise<number> {
  const volumes = filterVolumes(engine, values);
  if (isOn(values, 'quiet')) {
    stdout.write(volumes.map(({ name }) => `${name}\n`).join(''));
    return 0;
  }
  const rows = volumes.map(({ name, labels }) => ({
    Driver: 'local',
    Name: name,
    Mountpoint: engine.store.places.volumeData(name),
    Labels: Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .sort()
      .join(','),
    Scope: 'local',
    Size: 'N/A',
    Links: 'N/A',
  }));
  stdout.write(formatListing({ headings: HEADINGS, columns: ['Driver', 'Name'], rows }, values));
  return 0;
}

export async function create({ store }: Engine, { positionals, values, stdout }: Invocation): Promise<number> {
  const [given = textOf(values, 'name'), ...others] = positionals;
  if (others.length > 0) throw usageError(`Expected one name, found ${positionals.length}`, 'varve volume create [options] [<name>]');
  const driver = textOf(values, 'driver') ?? 'local';
  if (driver !== 'local') throw usageError(`There is no volume driver "${driver}"`, 'There is local.');
  if (listOf(values, 'opt').length > 0)
    throw usageError(
      '--opt is of no use with the driver local: volumes are directories of the store',
      'Mount a directory of the host with -v instead.',
    );
  if (given !== undefined && !NAME.test(given))
    throw usageError(`"${given}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed`);
  const { name } = store.volumes.create({ name: given, labels: readLabels([], listOf(values, 'label')) });
  stdout.write(`${name}\n`);
  return 0;
}

export async function inspect({ store }: Engine, invocation: Invocation): Promise<number> {
  return await inspectEach(invocation, async (name) => describeVolume(store.volumes.get(name), store.places.volumeData(name)));
}

export async function remove({ store }: Engine, invocation: Invocation): Promise<number> {
  const force = isOn(invocation.values, 'force');
  return await forEach(invocation, async (name) => {
    if (force && store.volumes.table.byName(name) === undefined) return name;
    store.volumes.get(name);
    const users = () => store.containers.all().filter((record) => usesVolume(record, name));
    if (await store.volumes.remove(name, () => users().length > 0)) return name;
    throw new VarveError(
      'VOLUME_IN_USE',
      `remove ${name}: volume is in use - [${users()
        .map(({ id }) => id)
        .join(', ')}]`,
    );
  });
}

export async function prune(engine: Engine, invocation: Invocation): Promise<number> {
  const { values, stdout } = invocation;
  const all = isOn(values, 'all') || listOf(values, 'filter').some((text) => /^all=(true|1)$/.test(text));
  const what = all
    ? 'all local volumes not used by at least one container'
    : 'all anonymous local volumes not used by at least one container';
  if (!isOn(values, 'force') && !(await confirm(invocation, `WARNING! This will remove ${what}.`))) return 0;
  const { store } = engine;
  const removed: string[] = [];
  let bytes = 0;
  for (const { name, anonymous } of filterVolumes(engine, values)) {
    if (!anonymous && !all) continue;
    const isUsed = () => store.containers.all().some((record) => usesVolume(record, name));
    if (isUsed()) continue;
    const size = store.volumes.size(name);
    if (!(await store.volumes.remove(name, isUsed))) continue;
    removed.push(name);
    bytes += size;
  }
  if (removed.length > 0) stdout.write(`Deleted Volumes:\n${removed.join('\n')}\n\n`);
  stdout.write(`Total reclaimed space: ${humanSize(bytes)}\n`);
  return 0;
}

type Keep = (volume: VolumeRecord) => boolean;
const FILTERS: Readonly<Record<string, (value: string, engine: Engine) => Keep>> = {
  name:
    (value) =>
    ({ name }) =>
      name.includes(value),
  driver: (value) => () => value === 'local',
  label: (value) => {
    const filter = parseLabelFilter(value);
    return ({ labels }) => hasLabel(labels, filter);
  },
  'label!': (value) => {
    const filter = parseLabelFilter(value);
    return ({ labels }) => !hasLabel(labels, filter);
  },
  dangling: (value, { store }) => {
    const wanted = ['true', '1'].includes(value.toLowerCase());
    const used = new Set(
      store.containers.all().flatMap(({ spec }) => spec.mounts.flatMap((mount) => (mount.type === 'volume' ? [mount.name] : []))),
    );
    return ({ name }) => !used.has(name) === wanted;
  },
  all: () => () => true,
};

function filterVolumes(engine: Engine, values: Values): readonly VolumeRecord[] {
  const keeps = listOf(values, 'filter').map((text) => {
    const [, name = '', value] = /^([a-z]+!?)=(.*)$/s.exec(text) ?? [];
    const filter = FILTERS[name];
    const names = Object.keys(FILTERS);
    if (value === undefined || filter === undefined)
      throw usageError(`invalid filter '${name || text}'${didYouMean(name, names)}`, `Filters are ${names.join(', ')}.`);
    return filter(value, engine);
  });
  return engine.store.volumes.table.all().filter((volume) => keeps.every((keep) => keep(volume)));
}
