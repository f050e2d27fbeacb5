import { existsSync } from 'node:fs';
import { isStaticProgram } from '@varve/core/system';

/** Where distributions and docker put theirs. */
const PLACES: readonly string[] = [
  '/usr/bin/catatonit',
  '/usr/libexec/catatonit/catatonit',
  '/usr/libexec/podman/catatonit',
  '/usr/bin/tini-static',
  '/usr/sbin/tini-static',
  '/usr/bin/docker-init',
  '/usr/libexec/docker/docker-init',
];

/** An init of this host that runs in any root: a static one. */
export const findInit = (): string | undefined => PLACES.find((path) => existsSync(path) && isStaticProgram(path));

/** Where it is in the container: in its /dev, which leaves no trace. */
export const INIT_NAME = 'init';
