import { describeConfig } from '@varve/core/command';
import { argsOf } from '../create/config-of.ts';
import type { Engine } from '../engine.ts';
import type { Health } from '../health/health-check.ts';
import type { ContainerMount, ContainerRecord, ContainerSpec } from '../state/container-record.ts';

const NEVER = '0001-01-01T00:00:00Z';
const timeOf = (at: number | undefined): string => (at === undefined ? NEVER : new Date(at).toISOString());

/** A container in docker's words (`docker container inspect`). Members with free keys are `Map`s, as for images. */
export function inspectContainer(
  { store }: Pick<Engine, 'store'>,
  record: ContainerRecord,
  size?: { readonly own: number; readonly virtual: number } | undefined,
) {
  const { id, name, createdAt, spec } = record;
  const [path = '', ...args] = argsOf(spec.config);
  return {
    Id: id,
    Created: timeOf(createdAt),
    Path: path,
    Args: args,
    State: stateOf(record),
    Image: spec.image.id,
    ResolvConfPath: '',
    HostnamePath: '',
    HostsPath: '',
    LogPath: store.places.log(id),
    Name: `/${name}`,
    RestartCount: 0,
    Driver: spec.driver,
    Platform: 'linux',
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: '',
    ExecIDs: null,
    HostConfig: hostConfigOf(spec),
    GraphDriver: { Name: spec.driver, Data: null },
    SizeRw: size?.own,
    SizeRootFs: size?.virtual,
    Mounts: spec.mounts.flatMap((mount) => describeMount(mount, (volume) => store.places.volumeData(volume))),
    Config: configOf(spec),
    NetworkSettings: { ...ADDRESSES, Ports: new Map(portBindings(spec)), Networks: new Map([[networkOf(spec), ADDRESSES]]) },
  };
}

function stateOf({ state }: ContainerRecord) {
  const { status } = state;
  return {
    Status: status,
    Running: status === 'running' || status === 'paused',
    Paused: status === 'paused',
    Restarting: false,
    OOMKilled: state.outOfMemory === true,
    Dead: false,
    Pid: state.pid ?? 0,
    ExitCode: state.exitCode ?? 0,
    Error: state.error ?? '',
    StartedAt: timeOf(state.startedAt),
    FinishedAt: timeOf(state.finishedAt),
    Health: state.health && describeHealth(state.health),
  };
}

const describeHealth = ({ status, failingStreak, log }: Health) => ({
  Status: status,
  FailingStreak: failingStreak,
  Log: log.map(({ start, end, exitCode, output }) => ({ Start: timeOf(start), End: timeOf(end), ExitCode: exitCode, Output: output })),
});

/** A container has none of its own: as docker says it of the network of the host. */
const ADDRESSES = { IPAddress: '', Gateway: '', MacAddress: '', GlobalIPv6Address: '' };

const networkOf = ({ network }: ContainerSpec): string => (network === 'default' ? 'bridge' : network);

function hostConfigOf(spec: ContainerSpec) {
  const { limits, capabilities, log } = spec;
  return {
    Binds: spec.mounts.flatMap((mount) =>
      mount.type === 'tmpfs' || (mount.type === 'volume' && mount.anonymous)
        ? []
        : [`${mount.type === 'bind' ? mount.source : mount.name}:${mount.target}${mount.readOnly ? ':ro' : ''}`],
    ),
    LogConfig: {
      Type: log.maxFiles === 0 ? 'none' : 'json-file',
      Config: new Map(
        log.maxSize === undefined
          ? []
          : [
              ['max-size', String(log.maxSize)],
              ['max-file', String(log.maxFiles)],
            ],
      ),
    },
    NetworkMode: networkOf(spec),
    PortBindings: new Map(portBindings(spec)),
    RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
    AutoRemove: spec.autoRemove,
    CapAdd: listOrNull(capabilities.add),
    CapDrop: listOrNull(capabilities.drop),
    Dns: spec.dns?.servers ?? [],
    DnsOptions: spec.dns?.options ?? [],
    DnsSearch: spec.dns?.search ?? [],
    ExtraHosts: listOrNull(spec.hosts.map(([address, host]) => `${host}:${address}`)),
    Privileged: spec.privileged,
    ReadonlyRootfs: spec.readOnly,
    SecurityOpt: spec.noNewPrivileges ? ['no-new-privileges'] : null,
    Tmpfs: new Map(spec.mounts.flatMap((mount) => (mount.type === 'tmpfs' ? [[mount.target, mount.options.join(',')] as const] : []))),
    ShmSize: spec.shmSize ?? 64 * 1024 * 1024,
    Memory: limits.memory ?? 0,
    MemorySwap: limits.memorySwap ?? 0,
    NanoCpus: Math.round((limits.cpus ?? 0) * 1e9),
    CpuShares: limits.cpuShares ?? 0,
    CpusetCpus: limits.cpuset ?? '',
    PidsLimit: limits.pids ?? null,
    Ulimits: spec.ulimits.map(({ type, soft, hard }) => ({ Name: type, Soft: soft, Hard: hard })),
    Devices: spec.devices.map(({ source, target, permissions }) => ({
      PathOnHost: source,
      PathInContainer: target,
      CgroupPermissions: permissions,
    })),
    Init: spec.init,
    IpcMode: 'private',
    PidMode: '',
    UTSMode: '',
    PublishAllPorts: false,
    Runtime: spec.executor ?? '',
  };
}

const listOrNull = (list: readonly string[] | undefined): readonly string[] | null =>
  list === undefined || list.length === 0 ? null : list;

function configOf({ config, hostname, tty, openStdin, stdinOnce, image, stopSignal, stopTimeout }: ContainerSpec) {
  return {
    Hostname: hostname,
    Domainname: '',
    AttachStdin: stdinOnce,
    AttachStdout: true,
    AttachStderr: true,
    Tty: tty,
    OpenStdin: openStdin,
    StdinOnce: stdinOnce,
    Image: image.name,
    ...describeConfig({ ...config, Labels: config.Labels ?? {} }),
    StopSignal: stopSignal,
    StopTimeout: stopTimeout,
  };
}

/** As `HostConfig.PortBindings` has them. */
export function portBindings({
  ports,
}: ContainerSpec): readonly (readonly [string, readonly { readonly HostIp: string; readonly HostPort: string }[]])[] {
  const found = new Map<string, { readonly HostIp: string; readonly HostPort: string }[]>();
  for (const { address = '', port, containerPort, protocol } of ports) {
    const key = `${containerPort}/${protocol}`;
    found.set(key, [...(found.get(key) ?? []), { HostIp: address, HostPort: String(port) }]);
  }
  return [...found];
}

function describeMount(mount: ContainerMount, dataOf: (volume: string) => string): readonly object[] {
  if (mount.type === 'tmpfs') return [];
  const shared = { Destination: mount.target, Mode: mount.readOnly ? 'ro' : '', RW: !mount.readOnly };
  return mount.type === 'volume'
    ? [{ Type: 'volume', Name: mount.name, Source: dataOf(mount.name), Driver: 'local', ...shared, Propagation: '' }]
    : [{ Type: 'bind', Source: mount.source, ...shared, Propagation: 'rprivate' }];
}
