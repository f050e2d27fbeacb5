import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '../measure.ts';
import { ask, whyMissing } from '../programs.ts';
import type { Builder, BuilderKind } from './builder.ts';

/** The processes that do docker's work. */
const DAEMONS = ['dockerd', 'containerd', 'containerd-shim-runc-v2', 'buildkitd'];
/** All images of the benchmark have this in front: nobody else's are removed. */
const OURS = 'localhost/bench/';

const version = (): string | undefined => ask('docker', ['version', '--format', '{{.Server.Version}}']);

function whyNoDaemon({ pruneDocker }: { readonly pruneDocker: boolean }): string | undefined {
  if (whyMissing('docker') !== undefined) return whyMissing('docker');
  if (version() === undefined) return 'no docker daemon answers';
  return pruneDocker ? undefined : "its daemon's build cache would be emptied; --prune-docker allows that";
}

/** The classic builder, where a daemon runs. */
export const docker: BuilderKind = {
  name: 'docker',
  whyAbsent: whyNoDaemon,
  open: (dir) => openDocker(dir, { name: 'docker', verb: ['build'], buildkit: '0' }),
};

/** BuildKit inside the daemon. */
export const buildx: BuilderKind = {
  name: 'buildx',
  whyAbsent: (allowed) => whyNoDaemon(allowed) ?? (ask('docker', ['buildx', 'version']) === undefined ? 'docker has no buildx' : undefined),
  open: (dir) => openDocker(dir, { name: 'buildx', verb: ['buildx', 'build', '--load'], buildkit: '1' }),
};

function openDocker(dir: string, { name, verb, buildkit }: { name: string; verb: readonly string[]; buildkit: string }): Builder {
  // a configuration of its own, so that nobody's credentials or contexts matter
  const env = { DOCKER_BUILDKIT: buildkit, DOCKER_CONFIG: join(dir, 'config') };
  mkdirSync(env.DOCKER_CONFIG, { recursive: true });
  const command = (...args: readonly string[]): Command => ({ argv: ['docker', ...args], env, daemons: DAEMONS });
  const both = (first: string, second: string): Command => ({
    argv: ['sh', '-ec', 'docker tag "$1" "$2" && docker push "$2"', 'sh', first, second],
    env,
    daemons: DAEMONS,
  });
  return {
    name,
    version: version() ?? '?',
    build: ({ context, tag, idFile }) => command(...verb, '--network', 'none', '--iidfile', idFile, '-t', tag, context),
    load: (file) => command('load', '-i', file),
    save: (tag, file) => command('save', '-o', file, tag),
    push: both,
    pull: (from) => command('pull', from),
    reset: async () => removeOurs(env),
  };
}

/** The daemon's store is shared: images of the benchmark go, and what no image needs. */
function removeOurs(env: NodeJS.ProcessEnv): void {
  const run = (...args: readonly string[]) => spawnSync('docker', args, { encoding: 'utf8', env: { ...process.env, ...env } }).stdout ?? '';
  const names = run('images', '--format', '{{.Repository}}:{{.Tag}}').split('\n');
  const ours = names.filter((name) => name.startsWith(OURS) || /^127\.0\.0\.1:\d+\/bench\//.test(name));
  if (ours.length > 0) run('rmi', '-f', ...ours);
  run('image', 'prune', '-f');
  run('builder', 'prune', '-af');
}
