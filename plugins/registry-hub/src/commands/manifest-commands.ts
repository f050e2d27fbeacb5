import { type Command, type Invocation, STORE_ROOT, VarveError } from '@varve/core';
import { isOn, listOf, textOf, usageError } from '@varve/core/command';
import { formatReference, type ImageReference, isDigest, parseReference, withDefaultTag } from '@varve/core/image';
import { ListStore } from '../manifests/list-store.ts';
import type { ListedManifest } from '../manifests/manifest-list.ts';
import { pushList } from '../manifests/push-list.ts';
import { readManifests } from '../manifests/read-manifests.ts';
import { ACCESS_OPTIONS, type Hub, openRequester, readAccess } from './access.ts';

const storeOf = ({ host }: Invocation): ListStore => new ListStore(host.get(STORE_ROOT));
export const listStoreOf = storeOf;

/** A name in a registry, with a tag where it has neither that nor a digest. */
export function registryName(text: string): ImageReference {
  const reference = withDefaultTag(parseReference(text));
  if (reference.transport !== 'docker') throw usageError(`${JSON.stringify(text)} is in no registry`);
  return reference;
}

/** `varve manifest create` */
export const manifestCreate = (hub: Hub): Command => ({
  name: 'manifest create',
  summary: 'Put a local manifest list together, to annotate and push it',
  usage: '<list> <manifest>...',
  options: { amend: { type: 'boolean', short: 'a', description: 'Add to a list that there is' }, ...ACCESS_OPTIONS },
  async run(invocation) {
    const { positionals, values, stdout, signal } = invocation;
    const [text, ...refs] = positionals;
    if (text === undefined || refs.length === 0)
      throw usageError('Expected a list and manifests', 'varve manifest create <list> <manifest>...');
    const name = formatReference(registryName(text));
    const store = storeOf(invocation);
    const refuse = () => {
      throw new VarveError('MANIFEST_LIST', `Refusing to amend an existing manifest list with no --amend flag: ${name}`);
    };
    if (!isOn(values, 'amend') && (await store.find(name)) !== undefined) refuse();
    const added: ListedManifest[] = [];
    for (const ref of refs.map(registryName)) {
      await using opened = openRequester(await readAccess(hub, ref.host, invocation));
      added.push(...(await readManifests(opened.requester, ref, { signal })).map(({ listed }) => listed));
    }
    await store.change(name, (before) => {
      if (before !== undefined && !isOn(values, 'amend')) refuse();
      const kept = (before?.manifests ?? []).filter(({ digest }) => !added.some((one) => one.digest === digest));
      return { name, manifests: [...kept, ...added] };
    });
    stdout.write(`Created manifest list ${name}\n`);
    return 0;
  },
});

/** `varve manifest annotate` */
export const manifestAnnotate: Command = {
  name: 'manifest annotate',
  summary: 'Say for which platform a manifest of a local list is',
  usage: '<list> <manifest>',
  options: {
    os: { type: 'string', value: '<os>', description: 'Operating system' },
    arch: { type: 'string', value: '<arch>', description: 'Architecture' },
    variant: { type: 'string', value: '<variant>', description: 'Variant of the architecture' },
    'os-version': { type: 'string', value: '<version>', description: 'Version of the operating system' },
    'os-features': {
      type: 'string',
      value: '<features>',
      multiple: true,
      description: 'Features of the operating system, with commas between them',
    },
  },
  async run(invocation) {
    const { positionals, values } = invocation;
    const [text, ref, ...rest] = positionals;
    if (text === undefined || ref === undefined || rest.length > 0)
      throw usageError('Expected a list and one of its manifests', 'varve manifest annotate <list> <manifest>');
    const name = formatReference(registryName(text));
    const [os, architecture, variant, version] = ['os', 'arch', 'variant', 'os-version'].map((option) => textOf(values, option));
    const features = listOf(values, 'os-features')
      .flatMap((list) => list.split(','))
      .filter((one) => one !== '');
    const store = storeOf(invocation);
    await store.get(name);
    await store.change(name, (list) => {
      const manifests = list?.manifests ?? [];
      const wanted = manifests.find((one) => isMeant(one, ref));
      if (wanted === undefined) throw new VarveError('MANIFEST_LIST', `Manifest for image ${ref} does not exist in ${name}`);
      const platform = {
        ...wanted.platform,
        ...(os !== undefined && { os }),
        ...(architecture !== undefined && { architecture }),
        ...(version !== undefined && { 'os.version': version }),
        ...(features.length > 0 && { 'os.features': features }),
        ...(variant !== undefined && { variant }),
      };
      return { name, manifests: manifests.map((one) => (one === wanted ? { ...one, platform } : one)) };
    });
    return 0;
  },
};

const isMeant = ({ ref, digest }: ListedManifest, text: string): boolean =>
  isDigest(text) ? text === digest : ref === formatReference(registryName(text));

/** `varve manifest push` */
export const manifestPush = (hub: Hub): Command => ({
  name: 'manifest push',
  summary: 'Bring a local manifest list to its registry, with everything that it names',
  usage: '<list>',
  options: { purge: { type: 'boolean', short: 'p', description: 'Remove the local list afterwards' }, ...ACCESS_OPTIONS },
  async run(invocation) {
    const { positionals, values, stdout, stderr, signal } = invocation;
    const [text, ...rest] = positionals;
    if (text === undefined || rest.length > 0)
      throw usageError(`Expected one list, found ${positionals.length}`, 'varve manifest push <list>');
    const reference = registryName(text);
    const store = storeOf(invocation);
    const list = await store.get(formatReference(reference));
    await using opened = openRequester(await readAccess(hub, reference.host, invocation));
    const pushed = await pushList(opened.requester, list, {
      signal,
      onPushed: ({ name, digest }) => void stderr.write(`Pushed ref ${name} with digest: ${digest}\n`),
    });
    stdout.write(`${pushed.digest}\n`);
    if (isOn(values, 'purge')) await store.remove(list.name);
    return 0;
  },
});

/** `varve manifest rm` */
export const manifestRemove: Command = {
  name: 'manifest rm',
  summary: 'Remove local manifest lists',
  usage: '<list>...',
  async run(invocation) {
    const { positionals } = invocation;
    if (positionals.length === 0) throw usageError('Expected a list, found none', 'varve manifest rm <list>...');
    for (const text of positionals) await storeOf(invocation).remove(formatReference(registryName(text)));
    return 0;
  },
};
