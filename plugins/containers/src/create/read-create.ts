import { isOn, listOf, textOf, usageError, type Values } from '@varve/core/command';
import { parsePlatform } from '@varve/core/image';
import { signalName } from '../signals.ts';
import type { CreateRequest } from './create-request.ts';
import { readEnv, readLabels } from './read-env.ts';
import { readHealth } from './read-health.ts';
import { readDevices, readLimits, readLog, readSize, readUlimits } from './read-limits.ts';
import { readMounts, readVolumesFrom } from './read-mounts.ts';
import { readHosts, readNetwork, readPorts } from './read-network.ts';

/** @param isAttached whoever starts it will feed its input @throws VarveError `USAGE` */
export function readCreate(
  values: Values,
  [image, ...args]: readonly string[],
  { isAttached }: { readonly isAttached: boolean },
): CreateRequest {
  if (image === undefined) throw usageError('Expected an image, found none', 'varve run [options] <image> [<command> [<argument>...]]');
  refuseRestart(textOf(values, 'restart'));
  const platform = textOf(values, 'platform');
  const stopSignal = textOf(values, 'stop-signal');
  return {
    image,
    args,
    name: textOf(values, 'name'),
    pull: readPull(textOf(values, 'pull')),
    platform: platform === undefined ? undefined : parsePlatform(platform),
    entrypoint: textOf(values, 'entrypoint'),
    env: readEnv(listOf(values, 'env-file'), listOf(values, 'env')),
    labels: readLabels(listOf(values, 'label-file'), listOf(values, 'label')),
    user: textOf(values, 'user'),
    workdir: readWorkdir(textOf(values, 'workdir')),
    health: readHealth(values),
    stopSignal: stopSignal === undefined ? undefined : signalName(stopSignal),
    stopTimeout: readSeconds('stop-timeout', textOf(values, 'stop-timeout')),
    hostname: readHostname(textOf(values, 'hostname')),
    mounts: readMounts(values),
    volumesFrom: readVolumesFrom(listOf(values, 'volumes-from')),
    network: readNetwork(textOf(values, 'network') ?? textOf(values, 'net')),
    hosts: readHosts(listOf(values, 'add-host')),
    dns: readDns(values),
    capabilities: { add: listOf(values, 'cap-add'), drop: listOf(values, 'cap-drop') },
    devices: readDevices(listOf(values, 'device')),
    limits: readLimits(values),
    ulimits: readUlimits(listOf(values, 'ulimit')),
    ports: readPorts(listOf(values, 'publish')),
    shmSize: readSize('shm-size', textOf(values, 'shm-size')),
    log: readLog(textOf(values, 'log-driver'), listOf(values, 'log-opt')),
    executor: textOf(values, 'executor'),
    tty: isOn(values, 'tty'),
    openStdin: isOn(values, 'interactive'),
    stdinOnce: isOn(values, 'interactive') && isAttached,
    readOnly: isOn(values, 'read-only'),
    privileged: isOn(values, 'privileged'),
    init: isOn(values, 'init'),
    noNewPrivileges: readSecurity(listOf(values, 'security-opt')),
    autoRemove: isOn(values, 'rm'),
  };
}

function readDns(values: Values): CreateRequest['dns'] {
  const [servers, search, options] = [listOf(values, 'dns'), listOf(values, 'dns-search'), listOf(values, 'dns-option')];
  if (servers.length + search.length + options.length === 0) return undefined;
  return {
    ...(servers.length > 0 && { servers }),
    ...(search.length > 0 && { search }),
    ...(options.length > 0 && { options }),
  };
}

function refuseRestart(policy: string | undefined): void {
  if (policy === undefined || policy === '' || policy === 'no') return;
  throw usageError(
    `--restart ${policy} asks for somebody who starts the container again, and varve has no daemon that could: only "no" can be had`,
    'Let the service manager of the host start it: ExecStart=varve run --rm …, Restart=always.',
  );
}

function readPull(when = 'missing'): CreateRequest['pull'] {
  if (when === 'always' || when === 'missing' || when === 'never') return when;
  throw usageError(`--pull expects always, missing or never, found ${JSON.stringify(when)}`);
}

function readWorkdir(path: string | undefined): string | undefined {
  if (path === undefined || path.startsWith('/')) return path;
  throw usageError(`the working directory '${path}' is invalid, it needs to be an absolute path`);
}

function readHostname(name: string | undefined): string | undefined {
  if (name === undefined || /^[a-zA-Z0-9]([a-zA-Z0-9._-]{0,61}[a-zA-Z0-9])?$/.test(name)) return name;
  throw usageError(`invalid hostname format: ${name}`, 'At most 63 letters, digits, dots and hyphens.');
}

function readSecurity(options: readonly string[]): boolean {
  let on = false;
  for (const option of options)
    if (/^no-new-privileges([:=]true)?$/.test(option)) on = true;
    else if (!/^no-new-privileges[:=]false$|^(seccomp|apparmor|label)[:=](unconfined|disable)$/.test(option))
      throw usageError(
        `--security-opt ${option} is not known here`,
        'There is no-new-privileges; processes run without AppArmor and SELinux labels.',
      );
  return on;
}

/** @throws VarveError `USAGE` */
export function readSeconds(option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^-?\d+$/.test(value)) throw usageError(`--${option} expects seconds, found ${JSON.stringify(value)}`);
  return Number(value);
}
