import { humanSize, shortId, since } from '@varve/core/command';
import { familiarName } from '@varve/core/image';
import { argsOf } from '../create/config-of.ts';
import type { ContainerRecord, ContainerSpec } from '../state/container-record.ts';
import { describeStatus } from './status.ts';

export const PS_HEADINGS = {
  ID: 'CONTAINER ID',
  Image: 'IMAGE',
  Command: 'COMMAND',
  RunningFor: 'CREATED',
  CreatedAt: 'CREATED AT',
  Status: 'STATUS',
  State: 'STATE',
  Ports: 'PORTS',
  Names: 'NAMES',
  Size: 'SIZE',
  Labels: 'LABELS',
  Mounts: 'MOUNTS',
  LocalVolumes: 'LOCAL VOLUMES',
  Networks: 'NETWORKS',
} as const;
export type PsRow = Record<keyof typeof PS_HEADINGS, string>;

export interface PsOptions {
  readonly now: number;
  readonly noTrunc: boolean;
  /** Of its own files, and with the image's. */
  readonly size?: { readonly own: number; readonly virtual: number } | undefined;
}

export function psRow(record: ContainerRecord, { now, noTrunc, size }: PsOptions): PsRow {
  const { id, name, createdAt, spec, state } = record;
  const volumes = spec.mounts.filter((mount) => mount.type === 'volume');
  const command = argsOf(spec.config).join(' ');
  return {
    ID: noTrunc ? id : shortId(id),
    Image: shownImage(spec, noTrunc),
    Command: JSON.stringify(noTrunc ? command : ellipsis(command, 20)),
    RunningFor: since(createdAt, now),
    CreatedAt: `${new Date(createdAt).toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC`,
    Status: describeStatus(record, now),
    State: state.status,
    Ports: state.status === 'running' || state.status === 'paused' ? portsOf(spec) : '',
    Names: name,
    Size: size === undefined ? '' : `${humanSize(size.own)} (virtual ${humanSize(size.virtual)})`,
    Labels: Object.entries(spec.config.Labels ?? {})
      .map(([key, value]) => `${key}=${value}`)
      .sort()
      .join(','),
    Mounts: spec.mounts.map((mount) => sourceOf(mount, noTrunc)).join(','),
    LocalVolumes: String(volumes.length),
    Networks: spec.network === 'default' ? 'bridge' : spec.network,
  };
}

const shownImage = ({ image }: ContainerSpec, noTrunc: boolean): string =>
  /^(sha256:)?[0-9a-f]{12,64}$|^sha512:[0-9a-f]{128}$/.test(image.name) && !noTrunc ? shortId(image.name) : familiarName(image.name);

function sourceOf(mount: ContainerSpec['mounts'][number], noTrunc: boolean): string {
  const text = mount.type === 'volume' ? mount.name : mount.type === 'bind' ? mount.source : '';
  return noTrunc ? text : ellipsis(text, 15);
}

/** `0.0.0.0:8080->80/tcp`. */
export const portsOf = ({ ports }: ContainerSpec): string =>
  ports.map(({ address = '0.0.0.0', port, containerPort, protocol }) => `${address}:${port}->${containerPort}/${protocol}`).join(', ');

export function ellipsis(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`;
}
