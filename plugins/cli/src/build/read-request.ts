import type { BuildRequest } from '@varve/core';
import type { Values } from '@varve/core/command';
import { didYouMean, isOn, listOf, newName, textOf, usageError } from '@varve/core/command';
import { formatPlatform, formatReference, type Platform, parsePlatform } from '@varve/core/image';
import type { CliOptions } from '../options.ts';
import { readAnnotations, sortAnnotations } from './read-annotations.ts';
import { readCaches, readInlineCache } from './read-caches.ts';
import { readOutputs } from './read-outputs.ts';
import { readBuildArgs, readContexts, readLabels } from './read-pairs.ts';
import { readRunSettings } from './read-run-settings.ts';
import { readAgents, readSecrets } from './read-secrets.ts';

type Asked = Omit<BuildRequest, 'source' | 'context' | 'signal'> & {
  readonly [K in 'args' | 'contexts' | 'outputs' | 'platforms']: NonNullable<BuildRequest[K]>;
};

/**
 * What the options of `build` ask the kernel for.
 *
 * @throws VarveError `USAGE`, `REFERENCE_INVALID`, `PLATFORM_INVALID`, `SECRET_MISSING`, `SSH_MISSING`
 */
export function readRequest(values: Values, defaults: CliOptions, env: NodeJS.ProcessEnv): Asked {
  const names = readTags(listOf(values, 'tag'));
  const given = readBuildArgs(listOf(values, 'build-arg'), env);
  const epochText = textOf(values, 'source-date-epoch') ?? given[EPOCH] ?? (env[EPOCH] || undefined);
  const platforms = readPlatforms(listOf(values, 'platform'));
  const { outputs, annotations } = readOutputs(listOf(values, 'output'), {
    names,
    push: isOn(values, 'push'),
    load: isOn(values, 'load'),
  });
  return {
    args: epochText === undefined ? given : { ...given, [EPOCH]: epochText },
    epoch: epochText === undefined || epochText === OF_CONTEXT ? undefined : readEpoch(epochText),
    outputs,
    labels: readLabels('label', listOf(values, 'label')),
    ...sortAnnotations([...readAnnotations(listOf(values, 'annotation')), ...annotations], { severalPlatforms: platforms.length > 1 }),
    contexts: readContexts(listOf(values, 'build-context')),
    target: textOf(values, 'target') || undefined,
    platforms,
    noCache: readNoCache(values),
    pull: readPull(values),
    cacheFrom: readCaches('cache-from', listOf(values, 'cache-from')),
    cacheTo: [...readCaches('cache-to', listOf(values, 'cache-to')), ...readInlineCache(given)],
    storage: textOf(values, 'storage') ?? defaults.storage,
    executor: textOf(values, 'executor') ?? defaults.executor,
    run: readRunSettings(values, given),
    allow: readAllowed(listOf(values, 'allow')),
    secrets: readSecrets(listOf(values, 'secret'), env),
    ssh: readAgents(listOf(values, 'ssh'), env),
    parallel: readParallel('parallel', textOf(values, 'parallel')) ?? readJobs(textOf(values, 'jobs')),
    options: { progress: readProgress(values, env), squash: isOn(values, 'squash'), layers: values.layers !== false },
  };
}

const EPOCH = 'SOURCE_DATE_EPOCH';
/** The time of the context, which is not known before it is there. */
const OF_CONTEXT = 'context';
function readEpoch(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw usageError(`${EPOCH} expects whole seconds since 1970, found ${JSON.stringify(text)}`);
  return Number(text);
}

/** What was asked for once the time of the context is known; a directory of this host has none. */
export function withContextTime(asked: Asked, contextTime: number | undefined): Asked {
  if (asked.args[EPOCH] !== OF_CONTEXT) return { ...asked, contextTime };
  return { ...asked, contextTime, epoch: contextTime, args: { ...asked.args, [EPOCH]: String(contextTime ?? '') } };
}

/** Each once, in the order given. */
function readPlatforms(texts: readonly string[]): readonly Platform[] {
  const platforms = texts.flatMap((text) => text.split(',')).filter((text) => text !== '');
  const byName = new Map(platforms.map(parsePlatform).map((platform) => [formatPlatform(platform), platform]));
  return [...byName.values()];
}

function readNoCache(values: Values): BuildRequest['noCache'] {
  const stages = listOf(values, 'no-cache-filter').flatMap((text) => text.split(','));
  return isOn(values, 'no-cache') || (stages.length > 0 ? stages : false);
}

function readPull(values: Values): BuildRequest['pull'] {
  if (isOn(values, 'pull-never')) return 'never';
  if (isOn(values, 'pull-always')) return 'always';
  const { pull } = values;
  if (pull === 'newer' || pull === 'ifnewer') return 'newer';
  return pull === 'never' ? pull : pull === true || pull === 'always' ? 'always' : 'missing';
}

/** @throws VarveError `USAGE` for a name with a digest: what is built has one of its own */
function readTags(texts: readonly string[]): readonly string[] {
  return [...new Set(texts.map((text) => formatReference(tagOf(text))))];
}

function tagOf(text: string): ReturnType<typeof newName> {
  const name = newName(text);
  if (name.digest === undefined) return name;
  throw usageError(`refusing to create a tag with a digest reference: ${JSON.stringify(text)}`, 'Leave out what stands behind the @.');
}

function readParallel(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,3}$/.test(text)) throw usageError(`--${option} expects a number of steps, found ${JSON.stringify(text)}`);
  return Number(text);
}

/** Buildah's word for it. */
const readJobs = (text: string | undefined): number | undefined => (text === '0' ? undefined : readParallel('jobs', text));

const ENTITLEMENTS = ['network.host', 'security.insecure', 'device'];
/** About the client's files and agents: here whoever builds is who asks. */
const NEEDLESS = /^(?:ssh|fs(?:\.read|\.write)?)(?:=|$)/;

function readAllowed(given: readonly string[]): readonly string[] {
  const entitlements = given
    .flatMap((text) => (text.startsWith('device=') ? [text] : text.split(',')))
    .filter((text) => !NEEDLESS.test(text));
  const unknown = entitlements.find((text) => !ENTITLEMENTS.includes(text) && !/^device=./.test(text));
  if (unknown === undefined) return entitlements;
  throw usageError(
    `invalid entitlement: ${JSON.stringify(unknown)}${didYouMean(unknown, ENTITLEMENTS)}`,
    `Known: ${ENTITLEMENTS.join(', ')}`,
  );
}

const MODES = ['auto', 'plain', 'tty', 'rawjson', 'quiet'];
function readProgress(values: Values, env: NodeJS.ProcessEnv): string | undefined {
  const mode = isOn(values, 'quiet') ? 'quiet' : (textOf(values, 'progress') ?? (env.BUILDKIT_PROGRESS || undefined));
  if (mode === 'none') return 'quiet';
  if (mode !== undefined && !MODES.includes(mode))
    throw usageError(`--progress expects ${MODES.join(', ')}, found ${JSON.stringify(mode)}${didYouMean(mode, MODES)}`);
  return mode;
}
