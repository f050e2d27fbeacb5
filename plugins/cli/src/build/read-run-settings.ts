import { isIP } from 'node:net';
import type { RunSettings } from '@varve/core';
import type { Values } from '@varve/core/command';
import { listOf, parseSize, textOf, usageError } from '@varve/core/command';
import { readLimits } from './read-limits.ts';

/** How the processes of RUN steps are started. */
export function readRunSettings(values: Values, { BUILDKIT_SANDBOX_HOSTNAME: hostname }: Readonly<Record<string, string>>): RunSettings {
  return {
    hostname: readHostname(hostname),
    network: readNetwork(textOf(values, 'network')),
    addHosts: listOf(values, 'add-host').map(readHost),
    shmSize: readShmSize(textOf(values, 'shm-size')),
    ulimits: listOf(values, 'ulimit').map(readUlimit),
    limits: readLimits(values),
  };
}

function readHostname(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^[a-z0-9][a-z0-9.-]{0,62}$/i.test(text))
    throw usageError(
      `BUILDKIT_SANDBOX_HOSTNAME expects a name of at most 63 letters, digits, dots and dashes, found ${JSON.stringify(text)}`,
    );
  return text;
}

/** Names that other builders have for the same thing. */
const NETWORKS: Readonly<Record<string, RunSettings['network']>> = {
  default: 'default',
  bridge: 'default',
  sandbox: 'default',
  none: 'none',
  host: 'host',
};
function readNetwork(text: string | undefined): RunSettings['network'] {
  if (text === undefined || text === '') return undefined;
  if (!Object.hasOwn(NETWORKS, text)) throw usageError(`--network expects default, none or host, found ${JSON.stringify(text)}`);
  return NETWORKS[text];
}

/** `host:ip`, also written `host=ip`, the address in brackets or not. The gateway to this host is the host itself: RUN has its network. */
function readHost(text: string): string {
  const [, host, given] = /^([^:=]+)[:=](.+)$/.exec(text) ?? [];
  if (host === undefined || given === undefined) throw usageError(`--add-host expects <host>:<ip>, found ${JSON.stringify(text)}`);
  const ip = given === 'host-gateway' ? '127.0.0.1' : given.replace(/^\[(.*)\]$/, '$1');
  if (isIP(ip) === 0) throw usageError(`invalid IP address in add-host: ${JSON.stringify(given)}`);
  return `${host}:${ip}`;
}

function readShmSize(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const size = parseSize(text);
  if (size === undefined) throw usageError(`--shm-size expects a size like 64m, found ${JSON.stringify(text)}`);
  return size;
}

function readUlimit(text: string): string {
  if (!/^[a-z]+=-?\d+(?::-?\d+)?$/.test(text)) throw usageError(`--ulimit expects <type>=<soft>[:<hard>], found ${JSON.stringify(text)}`);
  return text;
}
