import { archive } from '@varve/archive';
import { buildCache } from '@varve/build-cache';
import { containers } from '@varve/containers';
import type { AnyPlugin } from '@varve/core';
import { chroot } from '@varve/executor-chroot';
import { namespaces } from '@varve/executor-namespaces';
import { oci } from '@varve/executor-oci';
import { explore } from '@varve/explore';
import { dockerfile } from '@varve/frontend-dockerfile';
import { multiStage } from '@varve/multi-stage';
import { progress } from '@varve/progress';
import { registryHub } from '@varve/registry-hub';
import { snapshot } from '@varve/snapshot';
import { squash } from '@varve/squash';
import { steps } from '@varve/steps';
import { overlay2 } from '@varve/storage-overlay2';
import { vfs } from '@varve/storage-vfs';
import { localStore } from '@varve/store-local';

/** The toolchain that `varve` has unless a configuration says otherwise: the one place that names the other plugins. */
export const preset: readonly AnyPlugin[] = [
  localStore,
  dockerfile,
  multiStage,
  steps,
  snapshot,
  squash,
  overlay2,
  vfs,
  namespaces,
  oci,
  chroot,
  registryHub,
  buildCache,
  archive,
  explore,
  progress,
  containers,
];
