import { type Command, VarveError } from '@varve/core';
import { isOn, usageError, visible } from '@varve/core/command';
import { formatReference, MEDIA_TYPES, parseObject } from '@varve/core/image';
import { serializeList } from '../manifests/manifest-list.ts';
import { type ReadManifest, readManifests, tagOf } from '../manifests/read-manifests.ts';
import { fetchManifest } from '../pull/fetch-manifest.ts';
import { ACCESS_OPTIONS, type Hub, openRequester, readAccess } from './access.ts';
import { listStoreOf, registryName } from './manifest-commands.ts';

/** `varve manifest inspect`: a local list, or what a registry has under a name, as it is there. */
export const manifestInspect = (hub: Hub): Command => ({
  name: 'manifest inspect',
  summary: 'Show a manifest or a list of them',
  usage: '<name> [<manifest>]',
  options: { verbose: { type: 'boolean', short: 'v', description: 'With what it names, layer by layer' }, ...ACCESS_OPTIONS },
  async run(invocation) {
    const { positionals, values, stdout, signal } = invocation;
    const [first, second, ...rest] = positionals;
    if (first === undefined || rest.length > 0)
      throw usageError(`Expected a manifest, found ${positionals.length} arguments`, 'varve manifest inspect [<list>] <manifest>');
    const reference = registryName(second ?? first);
    const list = await listStoreOf(invocation).find(formatReference(registryName(first)));
    if (second !== undefined && !list?.manifests.some(({ ref }) => ref === formatReference(reference)))
      throw new VarveError('MANIFEST_LIST', `No such manifest: ${second} in ${first}`);
    if (list !== undefined && second === undefined && !isOn(values, 'verbose')) {
      stdout.write(`${indented(JSON.parse(serializeList(list).bytes.toString('utf8')))}\n`);
      return 0;
    }
    await using opened = openRequester(await readAccess(hub, reference.host, invocation));
    if (isOn(values, 'verbose')) {
      const refs = list !== undefined && second === undefined ? list.manifests.map(({ ref }) => registryName(ref)) : [reference];
      const read: ReadManifest[] = [];
      for (const ref of refs) read.push(...(await readManifests(opened.requester, ref, { signal })));
      stdout.write(`${indented(read.length === 1 ? inDetail(read[0] as ReadManifest) : read.map(inDetail))}\n`);
      return 0;
    }
    const { bytes } = await fetchManifest(opened.requester, reference, { tag: tagOf(reference), signal });
    stdout.write(`${indented(parseObject(bytes, 'manifest'))}\n`);
    return 0;
  },
});

const indented = (value: unknown): string => visible(JSON.stringify(value, undefined, '\t'));

/** In docker's words. */
function inDetail({ listed, bytes }: ReadManifest): object {
  const { ref, mediaType, digest, size, platform } = listed;
  return {
    Ref: ref,
    Descriptor: { mediaType, digest, size, platform },
    Raw: Buffer.from(bytes).toString('base64'),
    [mediaType === MEDIA_TYPES.manifest ? 'OCIManifest' : 'SchemaV2Manifest']: JSON.parse(Buffer.from(bytes).toString('utf8')),
  };
}
