import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '../measure.ts';
import { ask } from '../programs.ts';
import type { Builder, BuilderKind } from './builder.ts';
import { DAEMONS, Daemon } from './docker-daemon.ts';

/** The classic builder. */
export const docker: BuilderKind = {
  name: 'docker',
  whyAbsent: Daemon.whyNone,
  open: (dir) => openDocker(dir, { name: 'docker', verb: ['build'], buildkit: '0' }),
};

/** BuildKit inside the daemon. Clients before 23 speak to it themselves, later ones through a plugin. */
export const buildkit: BuilderKind = {
  name: 'buildkit',
  whyAbsent: () => Daemon.whyNone() ?? (verbOfBuildkit() === undefined ? 'docker has no buildx' : undefined),
  open: (dir) => openDocker(dir, { name: 'buildkit', verb: verbOfBuildkit() ?? ['build'], buildkit: '1' }),
};

function verbOfBuildkit(): readonly string[] | undefined {
  if (ask('docker', ['buildx', 'version']) !== undefined) return ['buildx', 'build', '--load'];
  const major = Number(/version (\d+)\./.exec(ask('docker', ['--version']) ?? '')?.[1]);
  return major < 23 ? ['build'] : undefined;
}

function openDocker(dir: string, { name, verb, buildkit }: { name: string; verb: readonly string[]; buildkit: string }): Builder {
  const daemon = new Daemon(join(dir, 'daemon'));
  // a configuration of its own, so that nobody's credentials or contexts matter
  const env = { DOCKER_BUILDKIT: buildkit, DOCKER_CONFIG: join(dir, 'config'), DOCKER_HOST: daemon.host };
  mkdirSync(env.DOCKER_CONFIG, { recursive: true });
  const command = (...args: readonly string[]): Command => ({ argv: ['docker', ...args], env, daemons: DAEMONS });
  const both = (first: string, second: string): Command => ({
    argv: ['sh', '-ec', 'docker tag "$1" "$2" && docker push "$2"', 'sh', first, second],
    env,
    daemons: DAEMONS,
  });
  return {
    name,
    version: ask('dockerd', ['--version'])?.replace(/^.*version (\S+?),.*$/s, '$1') ?? '?',
    build: ({ context, tag, idFile }) => command(...verb, '--network', 'none', '--iidfile', idFile, '-t', tag, context),
    load: (file) => command('load', '-i', file),
    save: (tag, file) => command('save', '-o', file, tag),
    push: both,
    pull: (from) => command('pull', from),
    reset: () => daemon.start(),
    close: () => daemon.stop(),
  };
}
