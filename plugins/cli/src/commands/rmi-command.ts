import { type Command, type Host, IMAGE_USERS, IMAGES, type ImageRecord, type ImageUse, VarveError } from '@varve/core';
import { findImage, forEach, fullName, isOn, printError, shortId } from '@varve/core/command';
import { familiarName, looksLikeId } from '@varve/core/image';

/** Takes names away, and with the last one the image. */
export const rmiCommand: Command = {
  name: 'rmi',
  aliases: ['image rm', 'image remove'],
  summary: 'Remove images',
  usage: '<image>...',
  options: {
    force: { type: 'boolean', short: 'f', description: 'also when the image has other names; no error when it is not there' },
    'no-prune': { type: 'boolean', description: 'without effect', hidden: true },
  },
  async run({ host, positionals, values, stdout, stderr }) {
    const force = isOn(values, 'force');
    return await forEach({ positionals, stdout, stderr }, async (text) => {
      try {
        return (await removeImage(host, text, force)).join('\n');
      } catch (failure) {
        if (!force || !VarveError.is(failure) || failure.code !== 'IMAGE_UNKNOWN') throw failure;
        printError(failure, { stderr, debug: false }); // told, and no failure
        return undefined;
      }
    });
  },
};

async function removeImage(host: Host, text: string, force: boolean): Promise<readonly string[]> {
  const record = await findImage(host, text);
  const name = nameMeant(record, text);
  if (name !== undefined && record.names.length > 1) {
    await host.get(IMAGES).untag(name);
    return [`Untagged: ${familiarName(name)}`];
  }
  if (name === undefined && record.names.length > 1 && !force)
    throw new VarveError(
      'IMAGE_IN_USE',
      `conflict: unable to delete ${shortId(record.id)} (must be forced) - image is referenced in multiple repositories`,
      {
        hint: `Remove it by name, or with --force: ${record.names.map(familiarName).join(', ')}`,
      },
    );
  const [user] = await usersOf(host, record);
  if (user === undefined) return await removeWhole(host, record);
  if (!force || (name === undefined && user.isActive)) throw inUse(record, { text, isName: name !== undefined, user });
  for (const each of record.names) await host.get(IMAGES).untag(each);
  return record.names.map((each) => `Untagged: ${familiarName(each)}`);
}

/** Those that run first. */
async function usersOf(host: Host, record: ImageRecord): Promise<readonly ImageUse[]> {
  const users = await Promise.all(host.all(IMAGE_USERS).map(async (each) => await each.of(record)));
  return users.flat().sort((a, b) => Number(b.isActive) - Number(a.isActive));
}

interface Conflict {
  readonly text: string;
  readonly isName: boolean;
  readonly user: ImageUse;
}
/** As docker says it. */
function inUse({ id }: ImageRecord, { text, isName, user }: Conflict): VarveError {
  const state = user.isActive ? 'running' : 'stopped';
  const message = isName
    ? `unable to remove repository reference "${text}" (must force) - ${user.name} is using its referenced image ${shortId(id)}`
    : `unable to delete ${shortId(id)} (${user.isActive ? 'cannot' : 'must'} be forced) - image is being used by ${state} ${user.name}`;
  return new VarveError('IMAGE_IN_USE', `conflict: ${message}`, {
    hint: user.isActive && !isName ? 'Stop what uses it first.' : 'With --force it loses its names and stays.',
  });
}

async function removeWhole(host: Host, record: ImageRecord): Promise<readonly string[]> {
  const { blobs } = await host.get(IMAGES).remove(record);
  const untagged = record.names.map((name) => `Untagged: ${familiarName(name)}`);
  const layers = blobs.filter((digest) => digest !== record.id && digest !== record.descriptor.digest);
  return [...untagged, ...[record.id, ...layers].map((digest) => `Deleted: ${digest}`)];
}

/** The name by which an image was named; `undefined` when it was its ID or digest. */
function nameMeant(record: ImageRecord, text: string): string | undefined {
  const isName = (name: string) => record.names.includes(name);
  try {
    const name = fullName(text);
    if (isName(name)) return name;
  } catch {
    if (!looksLikeId(text)) throw new VarveError('REFERENCE_INVALID', `invalid reference format: ${JSON.stringify(text)}`);
  }
  return undefined;
}
