// Everything that the tests need on this machine: packages of Debian, a Debian base image, compiled code.
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { aptInstall, whyNoApt } from './lib/apt.mjs';
import { findStaticBusybox } from './lib/busybox.mjs';
import { isRoot, ROOT, say, tryRun, whereIs } from './lib/run.mjs';

/** Programs that tests start, and the packages that have them. */
const PROGRAMS = {
  runc: 'runc',
  crun: 'crun',
  catatonit: 'catatonit',
  mmdebstrap: 'mmdebstrap',
  skopeo: 'skopeo',
  umoci: 'umoci',
  podman: 'podman',
  'docker-registry': 'docker-registry',
  nginx: 'nginx-light',
  strace: 'strace',
  getfattr: 'attr',
  setcap: 'libcap2-bin',
  xz: 'xz-utils',
  bzip2: 'bzip2',
  zstd: 'zstd',
  git: 'git',
  curl: 'curl',
  tmux: 'tmux',
  openssl: 'openssl',
  script: 'bsdutils',
};

/** The root filesystem that product tests import as their base. */
const DEBIAN_TAR = join(ROOT, '.varve', 'debian-bookworm.tar');

/** What is missing after all that could be done. */
export function setUp() {
  const missing = () => Object.entries(PROGRAMS).filter(([program]) => whereIs(program) === undefined);
  if (missing().length > 0) aptInstall([...new Set(missing().map(([, name]) => name))]);
  const problems = missing().map(([program, name]) => `${program} (Debian package ${name})`);
  if (findStaticBusybox() === undefined) problems.push('a static busybox (Debian package busybox-static)');
  if (!makeDebian()) problems.push('a Debian base image (made by mmdebstrap as root)');
  if (!isRoot) problems.push('root');
  return { problems, why: whyNoApt() };
}

/** Made once; under another name until it is whole. */
function makeDebian() {
  if (existsSync(DEBIAN_TAR)) return true;
  if (!isRoot || whereIs('mmdebstrap') === undefined) return false;
  say('Making a Debian base image for the tests (once)');
  mkdirSync(join(ROOT, '.varve'), { recursive: true });
  const unfinished = `${DEBIAN_TAR}.unfinished`;
  const code = tryRun('mmdebstrap', ['--quiet', '--format=tar', '--variant=minbase', 'bookworm', unfinished]);
  if (code === 0) renameSync(unfinished, DEBIAN_TAR);
  else rmSync(unfinished, { force: true, recursive: true });
  return code === 0;
}
