import { type BuildInfo, type Exporter, type ExportRequest, VarveError } from '@varve/core';
import {
  type Abortable,
  formatReference,
  type ImageIndex,
  imageForHost,
  indexWithDockerTypes,
  parseReference,
  withDefaultTag,
  withDockerTypes,
} from '@varve/core/image';
import { attributesOf, isTrue } from './attributes.ts';
import type { BlobStores, NamedImage } from './gather-images.ts';
import { writeOutput } from './output.ts';
import { saveImages } from './save-images.ts';
import { writeLayout } from './write-layout.ts';

/** `type=oci`: an OCI archive; `type=docker`: the same with manifest.json. With `tar=false` the directory. */
export const imageExporter = (name: 'oci' | 'docker', stores: BlobStores): Exporter => ({
  name,
  async export(image, request, { signal }) {
    const typed = isOci(request) ? image : withDockerTypes(image);
    const dest = await write(name, { image: typed }, request, { stores, signal });
    return { exporter: name, descriptor: await typed.descriptor({ signal }), dest };
  },
  // As with BuildKit: docker's archives hold one platform.
  ...(name === 'oci' && {
    async exportIndex(given: ImageIndex, request: ExportRequest, { signal }: BuildInfo) {
      const index = isOci(request) ? given : await indexWithDockerTypes(given, { signal });
      const image = await imageForHost(index, { signal });
      const dest = await write(name, { image, index }, request, { stores, signal });
      return { exporter: name, descriptor: await index.descriptor({ signal }), dest };
    },
  }),
});

const isOci = ({ attributes = {} }: ExportRequest): boolean => isTrue(attributes['oci-mediatypes'], true);

interface Writing extends Abortable {
  readonly stores: BlobStores;
}

/** Returns where it went. */
async function write(
  name: 'oci' | 'docker',
  built: Omit<NamedImage, 'names'>,
  request: ExportRequest,
  { stores, signal }: Writing,
): Promise<string> {
  const attributes = attributesOf(request, ['tar', 'name', 'oci-mediatypes', 'compression']);
  if (!['uncompressed', undefined].includes(attributes.compression))
    throw new VarveError('EXPORT_ATTRIBUTE', `Expected compression=uncompressed, found ${attributes.compression}`, {
      hint: 'Layers are compressed when they are pushed.',
    });
  const names = (request.names ?? []).map((text) => formatReference(withDefaultTag(parseReference(text))));
  const dest = request.dest ?? '-';
  if (!isTrue(attributes.tar, true)) {
    if (dest === '-') throw new VarveError('EXPORT_DEST', `type=${name},tar=false needs a directory`, { hint: 'Add dest=<directory>.' });
    await writeLayout([{ ...built, names }], dest, stores, { signal, docker: name === 'docker' });
  } else {
    const archive = saveImages([{ ...built, names }], stores, { signal, ociOnly: name === 'oci' });
    await writeOutput(dest, archive, { stdout: process.stdout, signal });
  }
  return dest;
}
