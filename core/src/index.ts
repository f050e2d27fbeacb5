export type { BuildInfo, BuildRequest, BuildResult, CacheRequest, RunSettings, SecretSource } from './contracts/build.ts';
export type { Command, CommandOption, Inspectable, Invocation } from './contracts/command.ts';
export type { BuildEvent, BuildEventBody, BuildWarning, Emit, StepPlace } from './contracts/event.ts';
export type {
  CapabilityChanges,
  ContainerStats,
  ExecSpec,
  Executor,
  ExecutorFeature,
  ExpectedProcess,
  ProcessDevice,
  ProcessHook,
  ProcessIO,
  ProcessResult,
  ProcessSpec,
  ProcessUser,
  PublishedPort,
  ResourceLimits,
  RunningContainer,
  RunningProcess,
  TerminalSize,
} from './contracts/executor.ts';
export type { Exporter, ExportRequest, ExportResult } from './contracts/exporter.ts';
export type { BuildSource, Frontend, FrontendRequest } from './contracts/frontend.ts';
export type { Choice, Host, HostRequest, Kernel, KernelSettings } from './contracts/host.ts';
export type {
  BaseRef,
  ConfigStep,
  CopySource,
  CopyStep,
  MkdirStep,
  Network,
  Plan,
  RunMount,
  RunStep,
  Stage,
  Step,
  StepBase,
  StepHistory,
  StepKinds,
  TreeRef,
} from './contracts/plan.ts';
export type { KeptSnapshot, Snapshots, Snapshotter, SnapshotterOptions, Workspace } from './contracts/snapshotter.ts';
export type { KeyParts, LayerDraft, StepHandler, StepInputs, StepResult, StepScope } from './contracts/step.ts';
export type { Mount, SnapshotInfo, StorageDriver } from './contracts/storage.ts';
export type {
  CacheRecord,
  CacheStart,
  CacheStore,
  ContentStore,
  FileDigests,
  FoundRecord,
  ImageRecord,
  ImageStore,
  LayerStore,
  ResumableSource,
  StorePlaces,
  StoreState,
} from './contracts/store.ts';
export type { ResolveOptions, Transport, TransportRequest } from './contracts/transport.ts';
export type { ImageUse, ImageUsers, Keeper, StoredItem } from './contracts/usage.ts';
export { messageOf, type SourceRange, VarveError, type VarveErrorDetails } from './errors.ts';
export { handles } from './handles.ts';
export { createKernel } from './kernel.ts';
export { type AnyPlugin, definePlugin, type OptionsSchema, type Plugin, type PluginApi } from './plugin.ts';
export { listToken, type Token, token } from './scope.ts';
export type { PendingTap, TapOrder, Taps } from './taps.ts';
export {
  CACHE_STORES,
  COMMANDS,
  CONTENT,
  FILE_DIGESTS,
  IMAGE_USERS,
  IMAGES,
  INSPECTABLES,
  KEEPERS,
  LAYERS,
  STORAGE,
  STORE_ROOT,
  STORE_STATE,
} from './tokens.ts';
export { CORE_VERSION } from './version.ts';
