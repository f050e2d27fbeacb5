// Installs what the benchmark compares with, as far as apt-get and this user can: Debian's builders, registry, compressors and base image.
// The benchmark starts daemons of its own; the one of docker's package is kept from starting (Debian policy, 9.3.3.2).
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { aptInstall } from '../../scripts/lib/apt.mjs';
import { whereIs } from '../../scripts/lib/run.mjs';
import { setUp } from '../../scripts/setup-tests.mjs';

const PROGRAMS = {
  podman: 'podman',
  buildah: 'buildah',
  pigz: 'pigz',
  zstd: 'zstd',
  openssl: 'openssl',
  busybox: 'busybox-static',
  skopeo: 'skopeo',
  dockerd: 'docker.io',
};
const POLICY = '/usr/sbin/policy-rc.d';

const isOurs = process.getuid() === 0 && !existsSync(POLICY);
if (isOurs) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
try {
  aptInstall(Object.entries(PROGRAMS).flatMap(([program, name]) => (whereIs(program) === undefined ? [name] : [])));
} finally {
  if (isOurs) rmSync(POLICY);
}
for (const problem of setUp().problems) console.error(`Missing: ${problem}`);
