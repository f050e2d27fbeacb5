import { isRoot, say, tryRun, whereIs } from './run.mjs';

let updated = false;

/** Why packages cannot be installed here, or `undefined`. */
export function whyNoApt() {
  if (whereIs('apt-get') === undefined) return 'there is no apt-get';
  return isRoot ? undefined : 'apt-get needs root';
}

/** Installs Debian packages without asking anything. `false`: that did not work. */
export function aptInstall(packages) {
  if (packages.length === 0) return true;
  if (whyNoApt() !== undefined) return false;
  say(`Installing ${packages.join(', ')}`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const quiet = ['-qq', '-o', 'Dpkg::Use-Pty=0'];
  const stdio = ['ignore', 'ignore', 'inherit'];
  if (!updated) tryRun('apt-get', [...quiet, 'update'], { env, stdio });
  updated = true;
  return tryRun('apt-get', [...quiet, 'install', '-y', '--no-install-recommends', ...packages], { env, stdio }) === 0;
}
