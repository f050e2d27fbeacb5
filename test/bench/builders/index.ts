import type { BuilderKind } from './builder.ts';
import { buildah, podman } from './containers.ts';
import { buildkit, docker } from './docker.ts';
import { skopeo } from './skopeo.ts';
import { varve } from './varve.ts';

/** All builders that may take part; ours is the first. */
export const BUILDERS: readonly BuilderKind[] = [varve, podman, buildah, docker, buildkit, skopeo];
