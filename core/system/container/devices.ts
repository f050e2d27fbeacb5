import { lstatSync, readdirSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { VarveError } from '../../src/errors.ts';
import { DEVICE_LINKS, DEVICE_NODES } from '../launch/defaults.ts';
import { splitDevice } from '../make-node.ts';
import type { HostDevice, ProcessDevice } from './request.ts';

/** The devices that were asked for, one by one. @throws VarveError `DEVICE_MISSING`, `DEVICE_PERMISSIONS` */
export function findDevices(asked: readonly ProcessDevice[]): readonly HostDevice[] {
  return asked.flatMap((device) => {
    if (!/^[rwm]{1,3}$/.test(device.permissions))
      throw new VarveError('DEVICE_PERMISSIONS', `Permissions of ${device.source} are some of r, w and m, found "${device.permissions}"`);
    const stats = statSync(device.source, { throwIfNoEntry: false });
    const found = stats?.isDirectory() === true ? devicesIn(device.source, device) : describe(device, stats);
    if (found.length === 0) throw new VarveError('DEVICE_MISSING', `There is no device ${device.source} on this host`);
    return found;
  });
}

/** All devices of this host, as a privileged process has them. */
export function hostDevices(): readonly HostDevice[] {
  const ours = new Set([...DEVICE_NODES, ...DEVICE_LINKS.map(([name]) => name), 'pts', 'shm', 'mqueue', 'console']);
  return readdirSync('/dev')
    .filter((name) => !ours.has(name))
    .sort()
    .flatMap((name) => lookInto({ source: join('/dev', name), target: `/dev/${name}`, permissions: 'rwm' }));
}

function devicesIn(dir: string, { target, permissions }: ProcessDevice): readonly HostDevice[] {
  return readdirSync(dir)
    .sort()
    .flatMap((name) => lookInto({ source: join(dir, name), target: join(target, name), permissions }));
}

/** Symlinks are passed over: what they lead to is found under its own name. */
function lookInto(device: ProcessDevice): readonly HostDevice[] {
  const stats = lstatSync(device.source, { throwIfNoEntry: false });
  return stats?.isDirectory() === true ? devicesIn(device.source, device) : describe(device, stats);
}

function describe(device: ProcessDevice, stats: Stats | undefined): readonly HostDevice[] {
  if (stats === undefined || !(stats.isCharacterDevice() || stats.isBlockDevice())) return [];
  const { major, minor } = splitDevice(BigInt(stats.rdev));
  const { mode, uid, gid } = stats;
  return [{ ...device, type: stats.isBlockDevice() ? 'block' : 'char', major, minor, mode: mode & 0o7777, uid, gid }];
}
