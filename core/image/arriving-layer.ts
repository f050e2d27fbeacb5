import type { Content, FileEntry, LayerIndex } from '../archive/entry.ts';
import type { DiffID, LayerID } from './digest.ts';
import type { Abortable, Layer } from './layer.ts';

/** A layer that somebody is bringing already: whoever looks into it waits. */
export class ArrivingLayer implements Layer {
  readonly id: LayerID;
  readonly arrived: Promise<Layer>;

  constructor(id: LayerID, arrived: Promise<Layer>) {
    this.id = id;
    this.arrived = arrived;
    arrived.catch(() => undefined); // told to whoever counts on the layer
  }

  async index(options?: Abortable): Promise<LayerIndex> {
    return await (await this.arrived).index(options);
  }

  async contents(options?: Abortable): Promise<(file: FileEntry) => Content> {
    return await (await this.arrived).contents(options);
  }

  async *tar(options?: Abortable): AsyncGenerator<Uint8Array, void, undefined> {
    yield* (await this.arrived).tar(options);
  }

  async diffId(options?: Abortable): Promise<DiffID> {
    return await (await this.arrived).diffId(options);
  }

  async size(options?: Abortable): Promise<number> {
    return await (await this.arrived).size(options);
  }
}
