import { type Command, IMAGES, type ImageRecord, type ImageStore, type Invocation, type Transport, VarveError } from '@varve/core';
import { isOn, textOf, usageError } from '@varve/core/command';
import {
  type Descriptor,
  familiarName,
  formatReference,
  type ImageReference,
  parsePlatform,
  parseReference,
  withDefaultTag,
} from '@varve/core/image';
import { openDisplay } from '../output/transfer-display.ts';
import { checkUntagged, type Hub, openTransport, readAccess, TRANSFER_OPTIONS } from './access.ts';
import { pushWhole } from './push-whole.ts';

/** `varve push`: brings images to registries, in docker's words. */
export const pushCommand = (hub: Hub): Command => ({
  name: 'push',
  aliases: ['image push'],
  summary: 'Bring an image to a registry, under its own name or others',
  usage: '<image> [<destination>...]',
  options: {
    'all-tags': { type: 'boolean', short: 'a', description: 'All tags of the repository that are here' },
    platform: { type: 'string', value: '<platform>', description: 'Push only the image for this platform, not all' },
    format: { type: 'string', value: '<oci|v2s2>', description: 'v2s2: with docker’s media types, for registries that know no others' },
    ...TRANSFER_OPTIONS,
  },
  async run(invocation) {
    const [text, ...others] = invocation.positionals;
    if (text === undefined) throw usageError('Expected an image, found none', 'varve push <image> [<destination>...]');
    const pushes = isOn(invocation.values, 'all-tags') ? await allTags(text, others, invocation) : await oneImage(text, others, invocation);
    for (const [first, ...more] of byRepository(pushes)) await pushTo(hub, [first, ...more], invocation);
    return 0;
  },
});

interface Push {
  readonly record: ImageRecord;
  readonly to: ImageReference;
  /** Nobody said which tag. */
  readonly isUntagged?: boolean;
}

async function oneImage(text: string, others: readonly string[], { host }: Invocation): Promise<readonly Push[]> {
  const record = await host.get(IMAGES).find(text);
  if (record === undefined) throw await notHere(text, host.get(IMAGES));
  return (others.length > 0 ? others : [text]).map((to) => {
    const given = parseReference(to);
    const reference = withDefaultTag(given);
    return { record, to: reference, isUntagged: reference.tag !== given.tag };
  });
}

/** In docker's words, which differ by whether there is another tag of the name. */
async function notHere(text: string, images: ImageStore): Promise<VarveError> {
  const hint = '`varve images` lists what there is.';
  const { name, ...reference } = withDefaultTag(parseReference(text));
  const isTagged = (await images.list()).some(({ names }) => names.some((known) => parseReference(known).name === name));
  const why = isTagged
    ? `tag does not exist: ${familiarName(formatReference({ name, ...reference }))}`
    : `An image does not exist locally with the tag: ${familiarName(name)}`;
  return new VarveError('IMAGE_UNKNOWN', why, { hint });
}

async function allTags(text: string, others: readonly string[], { host }: Invocation): Promise<readonly Push[]> {
  const given = parseReference(text);
  checkUntagged(given, 'push');
  if (others.length > 0) throw usageError('With --all-tags/-a there is no destination: all tags keep their names');
  const records = await host.get(IMAGES).list();
  const pushes = records.flatMap((record) => record.names.map((name) => ({ record, to: parseReference(name) })));
  const own = pushes.filter(({ to }) => to.name === given.name).sort((a, b) => ((a.to.tag ?? '') < (b.to.tag ?? '') ? -1 : 1));
  if (own.length > 0) return own;
  throw await notHere(text, host.get(IMAGES));
}

function byRepository(pushes: readonly Push[]): readonly [Push, ...Push[]][] {
  const groups = new Map<string, [Push, ...Push[]]>();
  for (const push of pushes) {
    const known = groups.get(push.to.name);
    if (known === undefined) groups.set(push.to.name, [push]);
    else known.push(push);
  }
  return [...groups.values()];
}

/** In podman's words. */
function isDockerFormat(text: string | undefined): boolean {
  if (text === undefined || text === 'oci' || text === 'v2s2') return text === 'v2s2';
  throw usageError(`There is no format ${JSON.stringify(text)}`, '--format oci|v2s2');
}

async function pushTo(hub: Hub, pushes: readonly [Push, ...Push[]], invocation: Invocation): Promise<void> {
  const { host, values, stdout, stderr, signal } = invocation;
  const [{ to }] = pushes;
  const isQuiet = isOn(values, 'quiet');
  const say = (line: string) => void (isQuiet || stdout.write(`${line}\n`));
  if (pushes.some(({ isUntagged }) => isUntagged)) say('Using default tag: latest');
  say(`The push refers to repository [${to.name}]`);
  const access = await readAccess(hub, to.host, invocation);
  const dockerTypes = isDockerFormat(textOf(values, 'format'));
  await using own = (access.isSpecial || dockerTypes) && to.transport === 'docker' ? openTransport(hub, access) : undefined;
  const transport: Transport = own ?? (await host.transport(to, { signal }));
  const platform = typeof values.platform === 'string' ? parsePlatform(values.platform) : undefined;
  for (const { record, to: reference } of pushes) {
    const display = openDisplay(stderr, { isQuiet });
    let pushed: Descriptor;
    try {
      pushed = await pushWhole(record, reference, {
        images: host.get(IMAGES),
        transport,
        platform,
        dockerTypes,
        signal,
        emit: display.emit,
      });
    } finally {
      display.end();
    }
    say(`${reference.tag ?? reference.digest ?? reference.name}: digest: ${pushed.digest} size: ${pushed.size}`);
    if (isQuiet) stdout.write(`${formatReference(reference)}\n`);
  }
}
