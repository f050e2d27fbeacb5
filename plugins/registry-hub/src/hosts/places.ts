import { homedir } from 'node:os';
import { join } from 'node:path';

/** Files and directories in which other tools keep settings for registries. Of `daemon` and `registriesConf` the first that exists counts. */
export interface Places {
  /** docker's daemon.json. */
  readonly daemon: readonly string[];
  /** podman's and skopeo's registries.conf, */
  readonly registriesConf: readonly string[];
  /** and the directories of its drop-ins. */
  readonly registriesConfDirs: readonly string[];
  /** containerd's directories of `<host>/hosts.toml`. */
  readonly hostsDirs: readonly string[];
  /** Directories of certificates by host. */
  readonly certsDirs: readonly string[];
}

/** Where docker, podman and containerd look. */
export function defaultPlaces(env: NodeJS.ProcessEnv = process.env): Places {
  const home = env.HOME ?? homedir();
  const config = env.XDG_CONFIG_HOME || join(home, '.config');
  const containers = join(config, 'containers');
  return {
    daemon: [join(config, 'docker/daemon.json'), '/etc/docker/daemon.json'],
    registriesConf: env.CONTAINERS_REGISTRIES_CONF
      ? [env.CONTAINERS_REGISTRIES_CONF]
      : [join(containers, 'registries.conf'), '/etc/containers/registries.conf'],
    registriesConfDirs: ['/etc/containers/registries.conf.d', join(containers, 'registries.conf.d')],
    hostsDirs: ['/etc/containerd/certs.d'],
    certsDirs: [
      join(containers, 'certs.d'),
      '/etc/containers/certs.d',
      join(env.DOCKER_CONFIG || join(home, '.docker'), 'certs.d'),
      join(config, 'docker/certs.d'),
      '/etc/docker/certs.d',
      '/etc/containerd/certs.d',
    ],
  };
}
