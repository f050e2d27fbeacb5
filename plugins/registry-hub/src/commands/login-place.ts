import { homedir } from 'node:os';
import { join } from 'node:path';
import { usageError } from '@varve/core/command';
import { parseReference } from '@varve/core/image';
import type { RegistryOptions } from '../options.ts';

const HUB: ReadonlySet<string> = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io']);

/** The registry that somebody names: a host, or an address as docker's files have it. Without one it is Docker Hub. */
export function serverOf(text = ''): string {
  const host = text.replace(/^https?:\/\//, '').replace(/\/(?:v[12]\/?)?$/, '');
  if (host === '' || HUB.has(host)) return 'docker.io';
  const named = host.includes('/') ? undefined : `${host}/x`;
  if (named === undefined || parseReference(named).host !== host)
    throw usageError(`${JSON.stringify(text)} is no registry`, 'A registry is host[:port], with a dot or a port, or localhost.');
  return host;
}

/** Where logins are kept: the file that is named, that of the options, or docker's. */
export function loginFile({ credentials }: RegistryOptions, named?: string, env: NodeJS.ProcessEnv = process.env): string {
  const docker = join(env.DOCKER_CONFIG || join(env.HOME ?? homedir(), '.docker'), 'config.json');
  return named ?? credentials?.[0] ?? (env.REGISTRY_AUTH_FILE || docker);
}
