import { type BuildInfo, type Exporter, type ExportRequest, VarveError } from '@varve/core';
import { formatReference, type Image, parseReference, withDefaultTag } from '@varve/core/image';
import { attributesOf, isTrue } from './attributes.ts';
import type { BlobStores } from './gather-images.ts';
import { writeOutput } from './output.ts';
import { saveImages } from './save-images.ts';
import { writeLayout } from './write-layout.ts';

/** `type=oci`: an OCI archive; `type=docker`: the same with manifest.json. With `tar=false` the directory. */
export const imageExporter = (name: 'oci' | 'docker', stores: BlobStores): Exporter => ({
  name,
  async export(image: Image, request: ExportRequest, { signal }: BuildInfo) {
    const attributes = attributesOf(request, ['tar', 'name', 'oci-mediatypes', 'compression']);
    if (!['uncompressed', undefined].includes(attributes.compression))
      throw new VarveError('EXPORT_ATTRIBUTE', `Expected compression=uncompressed, found ${attributes.compression}`, {
        hint: 'Layers are compressed when they are pushed.',
      });
    const names = (request.names ?? []).map((text) => formatReference(withDefaultTag(parseReference(text))));
    const dest = request.dest ?? '-';
    if (!isTrue(attributes.tar, true)) {
      if (dest === '-') throw new VarveError('EXPORT_DEST', `type=${name},tar=false needs a directory`, { hint: 'Add dest=<directory>.' });
      await writeLayout([{ image, names }], dest, stores, { signal, docker: name === 'docker' });
    } else {
      const archive = saveImages([{ image, names }], stores, { signal, ociOnly: name === 'oci' });
      await writeOutput(dest, archive, { stdout: process.stdout, signal });
    }
    return { exporter: name, descriptor: await image.descriptor({ signal }), dest };
  },
});
