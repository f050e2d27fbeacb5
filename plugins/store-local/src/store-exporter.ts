import type { BuildInfo, Exporter, ExportRequest, ExportResult, ImageStore } from '@varve/core';
import type { Abortable, Image, ImageIndex } from '@varve/core/image';

/** Keeps the finished image here, under the names that were asked for. */
export class StoreExporter implements Exporter {
  readonly name = 'image';
  readonly #images: ImageStore;

  constructor(images: ImageStore) {
    this.#images = images;
  }

  async export(image: Image, { names }: ExportRequest, { signal }: BuildInfo & Abortable): Promise<ExportResult> {
    const { descriptor } = await this.#images.put(image, { names, signal });
    return { exporter: this.name, descriptor };
  }

  async exportIndex(index: ImageIndex, { names }: ExportRequest, { signal }: BuildInfo & Abortable): Promise<ExportResult> {
    const { descriptor } = await this.#images.putIndex(index, { names, signal });
    return { exporter: this.name, descriptor };
  }
}
