import { readFileSync } from 'node:fs';
import { availableParallelism, hostname, release, totalmem } from 'node:os';
import { CORE_VERSION, type Host, IMAGES, INSPECTABLES } from '@varve/core';
import { hostPlatform } from '@varve/core/image';

/** This host in docker's words (`docker info`): what scripts ask for with `--format`. */
export async function describeHost(host: Host, driver: string | undefined) {
  const { os, architecture } = hostPlatform();
  return {
    ...(await countContainers(host)),
    Images: await countImages(host),
    Driver: driver ?? '',
    KernelVersion: release(),
    OperatingSystem: operatingSystem(),
    OSType: os,
    Architecture: ARCHITECTURES[architecture] ?? architecture,
    NCPU: availableParallelism(),
    MemTotal: totalmem(),
    DockerRootDir: host.root,
    Name: hostname(),
    ServerVersion: CORE_VERSION,
  };
}

/** How many there are, and in which states; where no plugin makes containers there are none. */
async function countContainers(host: Host) {
  const states =
    (await host
      .all(INSPECTABLES)
      .find(({ type }) => type === 'container')
      ?.states?.()) ?? [];
  const count = (wanted: string) => states.filter((state) => state === wanted).length;
  const [running, paused] = [count('running'), count('paused')];
  return {
    Containers: states.length,
    ContainersRunning: running,
    ContainersPaused: paused,
    ContainersStopped: states.length - running - paused,
  };
}

/** As the kernel calls them. */
const ARCHITECTURES: Readonly<Record<string, string>> = { amd64: 'x86_64', arm64: 'aarch64' };

/** 0 also where there is no store, or none that can be read. */
async function countImages(host: Host): Promise<number> {
  try {
    return (await host.get(IMAGES).list()).length;
  } catch {
    return 0;
  }
}

/** os-release(5) */
function operatingSystem(): string {
  for (const file of ['/etc/os-release', '/usr/lib/os-release'])
    try {
      return /^PRETTY_NAME="?(.*?)"?$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? 'Linux';
    } catch {
      // the next one
    }
  return 'Linux';
}
