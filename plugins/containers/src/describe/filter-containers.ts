import { IMAGES } from '@varve/core';
import { didYouMean, hasLabel, listOf, parseLabelFilter, usageError, type Values } from '@varve/core/command';
import type { Engine } from '../engine.ts';
import type { ContainerRecord } from '../state/container-record.ts';
import { findContainer } from '../state/find-container.ts';

type Keep = (record: ContainerRecord) => boolean;
type Filter = (value: string, engine: Engine) => Keep | Promise<Keep>;

const FILTERS: Readonly<Record<string, Filter>> = {
  id: (value) => (record) => record.id.startsWith(value) || new RegExp(literally(value)).test(record.id),
  name: (value) => {
    const pattern = regularOr(value);
    return ({ name }) => pattern.test(name) || pattern.test(`/${name}`);
  },
  label: (value) => {
    const filter = parseLabelFilter(value);
    return ({ spec }) => hasLabel(spec.config.Labels ?? {}, filter);
  },
  status: (value) => {
    if (!STATUSES.includes(value)) throw usageError(`invalid filter 'status=${value}'`, `There are ${STATUSES.join(', ')}.`);
    return ({ state }) => state.status === value;
  },
  health: (value) => {
    if (!HEALTHS.includes(value)) throw usageError(`invalid filter 'health=${value}'`, `There are ${HEALTHS.join(', ')}.`);
    return ({ state }) => (state.health?.status ?? 'none') === value;
  },
  exited: (value) => {
    if (!/^\d+$/.test(value)) throw usageError(`invalid filter 'exited=${value}'`);
    return ({ state }) => state.status === 'exited' && (state.exitCode ?? 0) === Number(value);
  },
  ancestor: async (value, { host }) => {
    const image = await host.get(IMAGES).find(value);
    return ({ spec }) => image !== undefined && spec.image.manifest === image.descriptor.digest;
  },
  before: (value, { store }) => {
    const other = findContainer(store.containers, value);
    return ({ createdAt }) => createdAt < other.createdAt;
  },
  since: (value, { store }) => {
    const other = findContainer(store.containers, value);
    return ({ createdAt }) => createdAt > other.createdAt;
  },
  volume:
    (value) =>
    ({ spec }) =>
      spec.mounts.some(
        (mount) =>
          mount.target === value || (mount.type === 'volume' && mount.name === value) || (mount.type === 'bind' && mount.source === value),
      ),
  network:
    (value) =>
    ({ spec }) =>
      spec.network === value || (value === 'bridge' && spec.network === 'default'),
  publish: portFilter('port'),
  expose: portFilter('containerPort'),
};
const HEALTHS = ['starting', 'healthy', 'unhealthy', 'none'];
const STATUSES = ['created', 'restarting', 'running', 'removing', 'paused', 'exited', 'dead'];

function portFilter(member: 'port' | 'containerPort'): Filter {
  return (value) => {
    const [, port, protocol] = /^(\d+)(?:\/(tcp|udp))?$/.exec(value) ?? [];
    return ({ spec }) => spec.ports.some((one) => one[member] === Number(port) && (protocol === undefined || one.protocol === protocol));
  };
}

/** Values of one filter are alternatives, different filters must all fit; so must labels. */
export async function filterContainers(
  engine: Engine,
  records: readonly ContainerRecord[],
  values: Values,
): Promise<readonly ContainerRecord[]> {
  const groups = new Map<string, Keep[]>();
  for (const text of listOf(values, 'filter')) {
    const { name, value } = parseLabelFilter(text);
    if (value === undefined) throw usageError(`--filter expects <name>=<value>, found ${JSON.stringify(text)}`);
    const filter = FILTERS[name];
    const names = Object.keys(FILTERS);
    if (filter === undefined) throw usageError(`invalid filter '${name}'${didYouMean(name, names)}`, `Filters are ${names.join(', ')}.`);
    const group = name === 'label' ? text : name;
    groups.set(group, [...(groups.get(group) ?? []), await filter(value, engine)]);
  }
  return records.filter((record) => [...groups.values()].every((keeps) => keeps.some((keep) => keep(record))));
}

/** Whether `--filter` says anything of this. */
export const isFiltered = (values: Values, ...names: readonly string[]): boolean =>
  listOf(values, 'filter').some((text) => names.includes(parseLabelFilter(text).name));

const literally = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

function regularOr(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch {
    return new RegExp(literally(text));
  }
}
