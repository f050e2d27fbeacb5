import type { BuildInfo, Exporter, ExportRequest, ExportResult, ImageRecord, ImageStore } from '@varve/core';
import { type Abortable, type Digest, formatReference, type Image, type ImageIndex, parseReference } from '@varve/core/image';

/** Keeps the finished image here, under the names that were asked for. */
export class StoreExporter implements Exporter {
  readonly name = 'image';
  readonly #images: ImageStore;

  constructor(images: ImageStore) {
    this.#images = images;
  }

  async export(image: Image, request: ExportRequest, { signal }: BuildInfo & Abortable): Promise<ExportResult> {
    return await this.#named(request, await this.#images.put(image, { names: tagged(request), signal }));
  }

  async exportIndex(index: ImageIndex, request: ExportRequest, { signal }: BuildInfo & Abortable): Promise<ExportResult> {
    return await this.#named(request, await this.#images.putIndex(index, { names: tagged(request), signal }));
  }

  async #named(request: ExportRequest, record: ImageRecord): Promise<ExportResult> {
    for (const name of namesByDigest(request, record.descriptor.digest)) await this.#images.tag(record, name);
    return { exporter: this.name, descriptor: record.descriptor };
  }
}

const isCanonical = ({ attributes = {} }: ExportRequest): boolean => /^(?:1|t|true)$/i.test(attributes['name-canonical'] ?? '');

/** There a name without a tag is only for a digest. */
const tagged = (request: ExportRequest): readonly string[] =>
  (request.names ?? []).filter((name) => !isCanonical(request) || parseReference(name).tag !== undefined);

/**
 * `name-canonical=true`: the names with the digest in place of the tag, too. `dangling-name-prefix=<name>`: what has no name gets that with the
 * digest.
 */
function namesByDigest(request: ExportRequest, digest: Digest): readonly string[] {
  const { names = [], attributes = {} } = request;
  const prefix = names.length === 0 ? attributes['dangling-name-prefix'] : undefined;
  const canonical = [...(isCanonical(request) ? names : []), ...(prefix ? [prefix] : [])];
  return canonical.map((name) => formatReference({ ...parseReference(name), tag: undefined, digest }));
}
