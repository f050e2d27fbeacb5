import type { KeyParts, RunMount, RunStep, StepInputs } from '@varve/core';
import { cleanPath } from '@varve/core/archive';
import { digestOf } from '@varve/core/image';
import { describeFiles } from '../copy/fingerprint.ts';
import { keyedEnv, workingDirOf } from './environment.ts';
import { type BindSource, findMountSource } from './mount-source.ts';
import { networkOf } from './settings.ts';

/** What decides the result of a process: never the time, nor what it fetches. */
export async function describeRun(step: RunStep, inputs: StepInputs): Promise<KeyParts> {
  const { config, build } = inputs;
  const settings = build.request.run ?? {};
  const env = keyedEnv(step, config).map((entry) => [`env.${entry.split('=', 1)[0]}`, entry.slice(entry.indexOf('=') + 1)] as const);
  const scripts = (step.scripts ?? []).map(({ path, content }) => [`script ${path}`, digestOf(content)] as const);
  return {
    command: JSON.stringify(step.args),
    cwd: workingDirOf(config),
    user: config.config.User ?? '',
    network: networkOf(step, settings),
    ...(step.security === 'insecure' && { security: step.security }),
    ...(step.devices?.length && { devices: JSON.stringify(step.devices) }),
    ...(settings.hostname !== undefined && { hostname: settings.hostname }),
    ...(settings.addHosts?.length && { hosts: settings.addHosts.join(' ') }),
    ...(settings.shmSize !== undefined && { shm: String(settings.shmSize) }),
    ...(settings.ulimits?.length && { ulimits: settings.ulimits.join(' ') }),
    ...Object.fromEntries([...env, ...scripts]),
    ...Object.assign({}, ...(await Promise.all(step.mounts.map((mount) => describeMount(mount, step, inputs))))),
  };
}

/** Of what is only there to be quick or secret the identity counts, not the content; of a cache also what it begins with. */
async function describeMount(mount: RunMount, step: RunStep, inputs: StepInputs): Promise<KeyParts> {
  const { type, ...rest } = mount;
  const name = `mount ${mount.target ?? unplaced(mount)}`;
  if (mount.type === 'bind')
    return {
      [name]: `bind ${mount.writable ? 'rw' : 'ro'} /${cleanPath(mount.source)} ${await describeSource(mount, step, inputs)}`,
    };
  const { from, source = '' } = mount.type === 'cache' ? mount : {};
  const base = from === undefined ? '' : ` ${await describeSource({ from, source }, step, inputs)}`;
  return { [name]: `${type} ${JSON.stringify(rest)}${base}` };
}

/** A digest of the files that a mount shows. @throws VarveError `COPY_NOT_FOUND` */
export async function describeSource(from: BindSource, step: RunStep, inputs: StepInputs): Promise<string> {
  const { tree, picked, isFromHost } = await findMountSource(from, step, inputs);
  return digestOf(JSON.stringify(await describeFiles([picked], { tree, exclude: undefined, hasOwners: !isFromHost })));
}

/** Several variables may be of one secret. */
const unplaced = (mount: RunMount): string =>
  [mount.type, 'id' in mount && mount.id, 'env' in mount && mount.env].filter(Boolean).join(' ');
