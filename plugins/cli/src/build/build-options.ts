import type { CommandOption } from '@varve/core';

const flag = (description: string, short?: string): CommandOption => ({ type: 'boolean', description, ...(short && { short }) });
const text = (value: string, description: string, short?: string): CommandOption => ({
  type: 'string',
  value,
  description,
  ...(short && { short }),
});
const many = (value: string, description: string, short?: string): CommandOption => ({
  ...text(value, description, short),
  multiple: true,
});

/** Options of docker's, BuildKit's and Buildah's `build` that mean nothing here: accepted, so that scripts go on working. */
const IGNORED_FLAGS = ['rm', 'force-rm', 'compress', 'disable-content-trust', 'no-content-trust', 'tls-verify'];
const IGNORED_VALUES = ['isolation', 'cpuset-mems', 'security-opt', 'cgroup-parent', 'provenance', 'sbom', 'attest', 'builder', 'format'];
export const IGNORED: readonly string[] = [...IGNORED_FLAGS, ...IGNORED_VALUES];

const ignored =
  (type: CommandOption['type']) =>
  (name: string): [string, CommandOption] => [
    name,
    {
      type,
      description: 'without effect',
      hidden: true,
      ...(type === 'string' && { multiple: true }),
    },
  ];

/** The words of docker and Buildah. */
export const PULLS: readonly string[] = ['always', 'missing', 'newer', 'never', 'ifmissing', 'ifnewer'];

export const BUILD_OPTIONS: Readonly<Record<string, CommandOption>> = {
  tag: many('<name[:tag]>', 'name of the image', 't'),
  file: text('<path>', 'build file; - for stdin (default: Dockerfile, Containerfile)', 'f'),
  'build-arg': many('<name[=value]>', 'value of an ARG; without a value this environment’s'),
  target: text('<stage>', 'stage to build instead of the last'),
  label: many('<name=value>', 'label of the image'),
  annotation: many('<name=value>', 'annotation of the manifest'),
  output: many('<spec>', 'type=image|registry|oci|docker|local|tar|cacheonly,dest=<path>; a directory; or - for a tar of the files', 'o'),
  'no-cache': flag('do every step anew'),
  'no-cache-filter': many('<stage,...>', 'do the steps of these stages anew'),
  pull: { ...flag('look base images up anew; also =newer, =missing, =never'), words: PULLS },
  'pull-always': { ...flag('--pull=always'), hidden: true },
  'pull-never': { ...flag('--pull=never'), hidden: true },
  'cache-from': many('<spec>', 'ask this cache, too: type=registry,ref=<name>, <name>, or type=local,src=<directory>'),
  'cache-to': many('<spec>', 'write a cache: type=registry,ref=<name>|local,dest=<directory>|inline[,mode=max][,ignore-error=true]'),
  push: flag('push the image too: -o type=registry'),
  load: flag('keep the image here too, whatever else is written: -o type=image'),
  quiet: flag('print nothing but the image ID', 'q'),
  progress: text('<mode>', 'auto, plain, tty, rawjson or quiet (also BUILDKIT_PROGRESS)'),
  iidfile: text('<path>', 'write the image ID to a file'),
  'metadata-file': text('<path>', 'write what was built to a file, as JSON'),
  check: flag('check the build file instead of building it: --call=check'),
  call: text('<method>', 'check, outline or targets: say something about the build file instead of building it; also <method>,format=json'),
  platform: many('<os/arch,...>', 'platform of the image; several make one index of an image for each'),
  squash: flag('merge the new layers into one'),
  layers: flag('a layer for each step (default; --layers=false: one for each stage)'),
  storage: text('<driver>', 'storage driver to use'),
  executor: text('<name>', 'executor to use'),
  network: text('<mode>', 'network of RUN: default, none or host'),
  'add-host': many('<host:ip>', 'line of /etc/hosts for RUN'),
  'shm-size': text('<bytes>', 'size of /dev/shm for RUN'),
  ulimit: many('<type=soft[:hard]>', 'limit of processes of RUN'),
  memory: text('<bytes>', 'memory for RUN', 'm'),
  'memory-swap': text('<bytes>', 'memory and swap for RUN; -1: no limit'),
  'cpu-quota': text('<microseconds>', 'processor time for RUN in each period'),
  'cpu-period': text('<microseconds>', 'length of a period (default: 100000)'),
  'cpu-shares': text('<number>', 'share of processor time for RUN, of 1024 that others have', 'c'),
  'cpuset-cpus': text('<list>', 'processors for RUN: 0-2,4'),
  'build-context': many(
    '<name=place>',
    'one more context: a directory, an address, docker-image://<name>, oci-layout://<directory> or target:<stage>',
  ),
  allow: many('<entitlement>', 'let RUN have network.host, security.insecure, device or device=<name>'),
  secret: many('<spec>', 'for RUN --mount=type=secret: id=<id>[,src=<path>|,env=<name>]'),
  ssh: many('<spec>', 'for RUN --mount=type=ssh: default|<id>[=<socket>|<key>,...]'),
  'source-date-epoch': text('<seconds>', 'newer times become this one (also SOURCE_DATE_EPOCH)'),
  parallel: text('<number>', 'steps at once'),
  jobs: { ...text('<number>', '--parallel; 0: as many as this host can'), hidden: true },
  ...Object.fromEntries(IGNORED_FLAGS.map(ignored('boolean'))),
  ...Object.fromEntries(IGNORED_VALUES.map(ignored('string'))),
};
