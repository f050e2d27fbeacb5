import { type BuildInfo, type Exporter, type ExportRequest, type ExportResult, VarveError } from '@varve/core';
import {
  type Abortable,
  type Descriptor,
  type Image,
  type ImageIndex,
  type ImageReference,
  parseReference,
  withDefaultTag,
} from '@varve/core/image';
import type { HubPushOptions, HubTransport } from '../hub-transport.ts';

/** What attributes may say. */
const FITTING: Readonly<Record<string, RegExp>> = {
  push: /^(?:1|t|true)$/i,
  'push-by-digest': /^(?:1|t|true|0|f|false)$/i,
  'force-compression': /^(?:1|t|true|0|f|false)$/i,
  'oci-mediatypes': /^(?:1|t|true|0|f|false)$/i,
  compression: /^gzip$/,
};

type Push = (reference: ImageReference, options: HubPushOptions) => Promise<Descriptor>;

/** `type=registry`: brings the finished image to registries, under the names that were asked for. */
export class RegistryExporter implements Exporter {
  readonly name = 'registry';
  readonly #transport: HubTransport;

  constructor(transport: HubTransport) {
    this.#transport = transport;
  }

  /** The descriptor is that of the manifest in the registry: its layers are compressed. @throws VarveError `EXPORT_NAME`, `EXPORT_ATTRIBUTE`, `REGISTRY_…` */
  export(image: Image, request: ExportRequest, options: BuildInfo & Abortable): Promise<ExportResult> {
    return this.#pushEach(request, options, (reference, pushing) => this.#transport.push(image, reference, pushing));
  }

  /** The descriptor is that of the index in the registry. @throws VarveError `EXPORT_NAME`, `EXPORT_ATTRIBUTE`, `REGISTRY_…` */
  exportIndex(index: ImageIndex, request: ExportRequest, options: BuildInfo & Abortable): Promise<ExportResult> {
    return this.#pushEach(request, options, (reference, pushing) => this.#transport.pushIndex(index, reference, pushing));
  }

  async #pushEach(request: ExportRequest, { emit, signal }: BuildInfo & Abortable, push: Push): Promise<ExportResult> {
    checkAttributes(request);
    const byDigest = /^(?:1|t|true)$/i.test(request.attributes?.['push-by-digest'] ?? '');
    const references = (request.names ?? []).map((name) => (byDigest ? untagged(name) : withDefaultTag(parseReference(name))));
    if (references.length === 0)
      throw new VarveError('EXPORT_NAME', 'tag is needed when pushing to registry', {
        hint: 'Add -t <name>, or name=<name> to the output.',
      });
    let descriptor: Descriptor | undefined;
    const dockerTypes = /^(?:0|f|false)$/i.test(request.attributes?.['oci-mediatypes'] ?? '');
    for (const reference of references) descriptor = await push(reference, { emit, signal, byDigest, dockerTypes });
    return { exporter: this.name, descriptor };
  }
}

/** @throws VarveError `EXPORT_NAME` */
function untagged(name: string): ImageReference {
  const reference = parseReference(name);
  if (reference.tag === undefined && reference.digest === undefined) return reference;
  throw new VarveError('EXPORT_NAME', `can't push tagged ref ${name} by digest`, { hint: 'Give the name without a tag.' });
}

function checkAttributes({ type, attributes = {} }: ExportRequest): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (FITTING[name]?.test(value)) continue;
    const known = Object.hasOwn(FITTING, name);
    throw new VarveError('EXPORT_ATTRIBUTE', `Output type=${type} has no ${known ? `${name}=${value}` : `attribute "${name}"`}`, {
      hint: 'Layers are pushed as gzip.',
    });
  }
}
