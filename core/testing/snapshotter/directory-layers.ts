import { type Content, contentIn, type FileEntry, type LayerIndex, readContent } from '../../archive/index.ts';
import { composeLayer, type Layer, type LayerID } from '../../image/index.ts';
import type { LayerStore } from '../../src/index.ts';

/** Keeps layers where they are, and puts them into memory, as a store on disk does it on disk. */
export class DirectoryLayers implements LayerStore {
  readonly kept = new Map<LayerID, Layer>();

  async get(id: LayerID): Promise<Layer | undefined> {
    return this.kept.get(id);
  }

  async put(layer: Layer): Promise<Layer> {
    const content = await layer.contents();
    const index = await layer.index();
    const bytes = new Map(
      index.values().flatMap((file) => (file.type === 'file' ? [[file.path, readContent(content(file))] as const] : [])),
    );
    return this.#remember(layer.id, index, ({ path }) => ({ kind: 'bytes', bytes: bytes.get(path) ?? new Uint8Array() }));
  }

  async keep(layer: Layer, directory: string): Promise<Layer> {
    return this.#remember(layer.id, await layer.index(), contentIn(directory));
  }

  async ingest(): Promise<Layer> {
    throw new Error('Nothing comes from elsewhere in these tests');
  }

  #remember(id: LayerID, index: LayerIndex, content: (file: FileEntry) => Content): Layer {
    const layer = composeLayer(id, index, content);
    this.kept.set(id, layer);
    return layer;
  }
}
