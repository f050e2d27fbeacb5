// Installs what the benchmark compares with, as far as apt-get and this user can: Debian's builders, registry, compressors and base image.
// docker.io is left to who wants it: its package starts a daemon.
import { aptInstall } from '../../scripts/lib/apt.mjs';
import { whereIs } from '../../scripts/lib/run.mjs';
import { setUp } from '../../scripts/setup-tests.mjs';

const PROGRAMS = { podman: 'podman', buildah: 'buildah', pigz: 'pigz', zstd: 'zstd', openssl: 'openssl', busybox: 'busybox-static' };

aptInstall(Object.entries(PROGRAMS).flatMap(([program, name]) => (whereIs(program) === undefined ? [name] : [])));
for (const problem of setUp().problems) console.error(`Missing: ${problem}`);
