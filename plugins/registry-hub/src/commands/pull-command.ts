import {
  type Command,
  type Host,
  IMAGES,
  type ImageRecord,
  type ImageStore,
  type Invocation,
  type Transport,
  VarveError,
} from '@varve/core';
import { isOn, textOf, usageError, visible } from '@varve/core/command';
import {
  type Abortable,
  choosePlatform,
  familiarName,
  formatPlatform,
  formatReference,
  hostPlatform,
  type Image,
  type ImageIndex,
  type ImageReference,
  imagesOf,
  isSamePlatform,
  type Platform,
  parsePlatform,
  parseReference,
  withDefaultTag,
} from '@varve/core/image';
import { eachOf } from '../client/pool.ts';
import { listTags } from '../discovery/list-tags.ts';
import { openDisplay, type TransferDisplay } from '../output/transfer-display.ts';
import { type Access, checkUntagged, type Hub, openRequester, openTransport, readAccess, TRANSFER_OPTIONS } from './access.ts';

const POLICIES = ['always', 'missing', 'never', 'newer'] as const;
type Policy = (typeof POLICIES)[number];

/** `varve pull`: fetches images, in docker's words. */
export const pullCommand = (hub: Hub): Command => ({
  name: 'pull',
  aliases: ['image pull'],
  summary: 'Fetch images from registries',
  usage: '<image>...',
  options: {
    'all-tags': { type: 'boolean', short: 'a', description: 'All tags of the repository' },
    platform: { type: 'string', value: '<platform>', description: 'Fetch the image for another platform than this host' },
    'all-platforms': { type: 'boolean', description: 'Fetch the images for all platforms, with what was attested of them' },
    policy: { type: 'string', value: '<policy>', description: 'When the registry is asked: always (default), missing, never, newer' },
    ...TRANSFER_OPTIONS,
  },
  async run(invocation) {
    const { values, positionals } = invocation;
    if (positionals.length === 0) throw usageError('Expected an image, found none', 'varve pull <image>...');
    const policy = readPolicy(textOf(values, 'policy') ?? 'always');
    if (isOn(values, 'all-platforms') && values.platform !== undefined)
      throw usageError('--platform and --all-platforms exclude each other');
    for (const text of positionals) {
      const given = parseReference(text);
      const access = await readAccess(hub, given.host, invocation);
      const pulling = new Pulling(hub, access, { invocation, policy });
      if (isOn(values, 'all-tags')) await pulling.pullAll(given);
      else await pulling.pull(given);
    }
    return 0;
  },
});

function readPolicy(text: string): Policy {
  const policy = POLICIES.find((one) => one === text);
  if (policy === undefined) throw usageError(`There is no policy ${JSON.stringify(text)}`, `--policy ${POLICIES.join('|')}`);
  return policy;
}

interface Settings {
  readonly invocation: Invocation;
  readonly policy: Policy;
}

class Pulling {
  readonly #hub: Hub;
  readonly #access: Access;
  readonly #settings: Settings;
  readonly #images: ImageStore;
  readonly #platform: Platform;

  constructor(hub: Hub, access: Access, settings: Settings) {
    this.#hub = hub;
    this.#access = access;
    this.#settings = settings;
    this.#images = settings.invocation.host.get(IMAGES);
    const named = textOf(settings.invocation.values, 'platform');
    this.#platform = named === undefined ? hostPlatform() : parsePlatform(named);
  }

  async pull(given: ImageReference): Promise<void> {
    const reference = withDefaultTag(given);
    if (reference.tag !== given.tag) this.#say('Using default tag: latest');
    const status = await this.#pullOne(reference);
    this.#say(`Status: ${status} for ${familiarName(formatReference(reference))}`);
    this.#settings.invocation.stdout.write(`${formatReference(reference)}\n`);
  }

  async pullAll(given: ImageReference): Promise<void> {
    checkUntagged(given, 'pull');
    const { signal } = this.#settings.invocation;
    const tags: string[] = [];
    {
      await using opened = openRequester(this.#access);
      for await (const tag of listTags(opened.requester, given, { signal })) tags.push(tag);
    }
    if (tags.length === 0) throw new VarveError('IMAGE_UNKNOWN', `${familiarName(given.name)} has no tags`);
    const statuses = new Set<string>();
    for (const tag of tags.sort()) statuses.add(await this.#pullOne(parseReference(`${given.name}:${tag}`)));
    const status = [...statuses].find((one) => one.startsWith('Downloaded')) ?? [...statuses][0];
    this.#say(`Status: ${status} for ${familiarName(given.name)}`);
    this.#settings.invocation.stdout.write(`${given.name}\n`);
  }

  /** What came of it, in docker's words. */
  async #pullOne(reference: ImageReference): Promise<string> {
    const { policy } = this.#settings;
    const here = policy === 'always' ? undefined : await this.#find(reference);
    if (here !== undefined && policy !== 'newer') return 'Image is here';
    if (policy === 'never')
      throw new VarveError('IMAGE_UNKNOWN', `There is no image ${familiarName(formatReference(reference))} here`, {
        hint: 'With --policy never the registry is not asked.',
      });
    try {
      return await this.#fetch(reference);
    } catch (failure) {
      if (here === undefined || !VarveError.is(failure) || failure.code !== 'REGISTRY_UNREACHABLE') throw failure;
      return 'Registry cannot be reached, image is here';
    }
  }

  async #fetch(reference: ImageReference): Promise<string> {
    const { invocation } = this.#settings;
    const { signal, values, stderr } = invocation;
    this.#say(`${reference.digest ?? reference.tag ?? reference.name}: Pulling from ${familiarName(reference.path)}`);
    const display = openDisplay(stderr, { isQuiet: isOn(values, 'quiet') });
    try {
      const [before, status] = await this.#bring(reference, display, { signal });
      this.#say(`Digest: ${before}`);
      return status;
    } finally {
      display.end();
    }
  }

  async #bring(reference: ImageReference, display: TransferDisplay, { signal }: Required<Abortable>): Promise<readonly [string, string]> {
    const { host } = this.#settings.invocation;
    const isWhole = isOn(this.#settings.invocation.values, 'all-platforms');
    await using own = this.#access.isSpecial && reference.transport === 'docker' ? openTransport(this.#hub, this.#access) : undefined;
    const index = isWhole ? await resolveWhole(own ?? host, reference, { signal, emit: display.emit }) : undefined;
    if (index !== undefined) return await this.#bringIndex(index, reference, display, { signal });
    const image = await resolveFresh(own ?? host, reference, { platform: this.#platform, signal, emit: display.emit });
    const { digest } = await image.descriptor({ signal });
    const before = await this.#images.find(digest);
    this.#warnOf(image, reference);
    await eachOf(image.layers, image.layers.length, (layer) => layer.index({ signal }));
    await this.#images.put(image, { names: namesOf(reference), signal });
    display.end();
    return [digest, before === undefined ? 'Downloaded newer image' : 'Image is up to date'];
  }

  /** What is no index is for whatever platform it is for. */
  #warnOf({ config }: Image, reference: ImageReference): void {
    const { values, stderr } = this.#settings.invocation;
    if (values.platform === undefined || config.architecture === '' || isRunnable([config], this.#platform)) return;
    const name = familiarName(formatReference(reference));
    const platforms = `wanted ${formatPlatform(this.#platform)}, actual: ${formatPlatform(config)}`;
    const line = `WARNING: image with reference ${name} was found but does not match the specified platform: ${platforms}`;
    stderr.write(`${visible(line)}\n`);
  }

  async #bringIndex(
    index: ImageIndex,
    reference: ImageReference,
    display: TransferDisplay,
    { signal }: Required<Abortable>,
  ): Promise<readonly [string, string]> {
    const { digest } = await index.descriptor({ signal });
    const before = await this.#images.find(digest);
    const images = await eachOf(imagesOf(index), AT_ONCE, (entry) => entry.image({ signal }));
    const layers = new Map(images.flatMap((image) => image.layers.map((layer) => [layer.id, layer])));
    await eachOf([...layers.values()], layers.size, (layer) => layer.index({ signal }));
    await this.#images.putIndex(index, { names: namesOf(reference), signal });
    display.end();
    return [digest, before === undefined ? 'Downloaded newer image' : 'Image is up to date'];
  }

  /** The image here that has this name, if it is for the platform, or for all that there are. */
  async #find(reference: ImageReference): Promise<ImageRecord | undefined> {
    const record = await this.#images.find(reference.digest ?? formatReference(reference));
    if (record === undefined) return undefined;
    if (isOn(this.#settings.invocation.values, 'all-platforms')) return record.platforms === undefined ? undefined : record;
    if (record.platforms !== undefined) return isRunnable(record.platforms, this.#platform) ? record : undefined;
    const { config } = await this.#images.open(record);
    return config.architecture === '' || isSamePlatform(config, this.#platform) ? record : undefined;
  }

  #say(line: string): void {
    const { values, stdout } = this.#settings.invocation;
    if (!isOn(values, 'quiet')) stdout.write(`${line}\n`);
  }
}

/** Images of an index that are looked at beside each other. */
const AT_ONCE = 3;

function isRunnable(platforms: readonly Platform[], wanted: Platform): boolean {
  try {
    return (
      choosePlatform(
        platforms.map((platform) => ({ platform })),
        wanted,
      ) !== undefined
    );
  } catch (failure) {
    if (VarveError.is(failure)) return false;
    throw failure;
  }
}

type ResolveOptions = NonNullable<Parameters<Host['resolve']>[1]> & { readonly platform: Platform };
const resolveFresh = (
  from: Pick<Host, 'resolve'> | ReturnType<typeof openTransport>,
  reference: ImageReference,
  options: ResolveOptions,
): Promise<Image> => from.resolve(reference, { ...options, fresh: true } as ResolveOptions);

/** What is there for all platforms, which not everybody can give. */
async function resolveWhole(
  from: Pick<Host, 'transport'> | Transport,
  reference: ImageReference,
  options: Pick<ResolveOptions, 'signal' | 'emit'>,
): Promise<ImageIndex | undefined> {
  const transport = 'transport' in from ? await from.transport(reference, { purpose: 'resolve', ...options }) : from;
  if (transport.resolveIndex !== undefined) return await transport.resolveIndex(reference, options);
  throw new VarveError('TRANSPORT_NONE', `${transport.name} gives images for one platform at a time`, {
    hint: 'Fetch one of them with --platform.',
  });
}

/** An image that was asked for by its digest gets no tag: nobody looked whether the tag still means it. */
const namesOf = (reference: ImageReference): readonly string[] =>
  reference.transport === 'docker' && reference.digest === undefined ? [formatReference(reference)] : [];
