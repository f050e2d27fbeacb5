export { ControlGroup, leaveGroups } from './cgroup/control-group.ts';
export { sweepControlGroups } from './cgroup/sweep.ts';
export { findDevices, hostDevices } from './container/devices.ts';
export { type FeatureOffer, groupFeatures, refuseUnsupported, unsupported } from './container/features.ts';
export { type GuestDetails, guestPlan, guestProgram } from './container/guest-plan.ts';
export type { Begun, HoldRequest } from './container/hold.ts';
export { type ProcessRunner, type ReadyProcess, runProcess, startProcess } from './container/process-runner.ts';
export type {
  CapabilityChanges,
  ContainerStats,
  ExecSpec,
  ExecutorFeature,
  FeatureRequest,
  HostDevice,
  ProcessDevice,
  ProcessHook,
  ProcessResult,
  ProcessUser,
  PublishedPort,
  ResourceLimits,
  TerminalSize,
} from './container/request.ts';
export { type CopyRange, cloneFile, copyFile, copyRange } from './copy-file.ts';
export { blocksOf, diskUsage } from './disk-usage.ts';
export { setMtime, setMtimeOf } from './file-times.ts';
export { findProgram, type Program, type ProgramQuery } from './find-program.ts';
export { type CapabilityRequest, capabilityNames, resolveCapabilities } from './launch/capabilities.ts';
export {
  DEFAULT_CAPABILITIES,
  DEFAULT_HOSTNAME,
  DEFAULT_SHM_SIZE,
  DEVICE_LINKS,
  DEVICE_NODES,
  deviceSteps,
  MASKED_PATHS,
  READONLY_PATHS,
} from './launch/defaults.ts';
export { ExpectedSandbox } from './launch/expected-sandbox.ts';
export { HOST_ENV } from './launch/host-env.ts';
export { type Launched, type LaunchedContainer, type LaunchIO, launch, start, whyLaunchUnavailable } from './launch/launch.ts';
export type { LaunchCapabilities, LaunchGroups, LaunchPlan, LaunchStep, LaunchTerminal, LaunchUser, Namespace } from './launch/plan.ts';
export { whyNotAdmin, whyNotRoot, whySandboxUnavailable } from './launch/probe.ts';
export { closeRoot, protectRoot, type RootStep } from './launch/protect-root.ts';
export { readyMountSteps } from './launch/ready-mounts.ts';
export { resizeConsole } from './launch/terminal.ts';
export { launchThread } from './launch/thread.ts';
export { type HostPath, whySystemUnavailable } from './libc.ts';
export { type FileLock, type LockOptions, lock, tryLock } from './locks.ts';
export { deviceNumber, makeNode, type NodeKind, splitDevice } from './make-node.ts';
export { type MountRequest, mount, unmount } from './mount.ts';
export { mountAll, plainDirectory } from './mount-all.ts';
export { keepingMtime, type MountPoints, type MountTarget, makeDirectory, prepareMountPoints } from './mount-points.ts';
export { type MountInfo, mounts } from './mounts.ts';
export { hostsFile, resolvConf } from './network-files.ts';
export { canOpenInRoot, type OpenOptions, openInRoot } from './open-in-root.ts';
export {
  type Container,
  type ContainerMount,
  type ContainerRequest,
  prepareContainer,
  type ReadyMount,
} from './prepare-container.ts';
export { PrivateDirectory } from './private-directory.ts';
export { ProcessMarker } from './process-marker.ts';
export { isStaticProgram } from './program-format.ts';
export { removeTree } from './remove-tree.ts';
export { type MountContent, type RootPath, RootView } from './root-view.ts';
export { type NewSnapshot, SnapshotCatalog } from './snapshot-catalog.ts';
export type { SnapshotFolder, SnapshotFolders } from './snapshot-folders.ts';
export type { Mount, SnapshotInfo } from './snapshot-info.ts';
export { type FolderDriver, SnapshotKeeper } from './snapshot-keeper.ts';
export { longAt, lookAt, lookAtAlone, lookAtOpen, ROW, secondsAt } from './stat-row.ts';
export { uniqueName } from './unique-name.ts';
export { getXattr, listXattrs, removeXattr, setXattr } from './xattrs.ts';
