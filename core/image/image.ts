import type { ImageConfig } from './config.ts';
import type { Descriptor } from './descriptor.ts';
import type { Digest } from './digest.ts';
import type { Abortable, Layer } from './layer.ts';

/** An image: immutable, lazy, and the same bytes whenever it is asked. Changing one makes another (`makeImage`). */
export interface Image {
  readonly config: ImageConfig;
  readonly layers: readonly Layer[];
  /** How many of the lowest layers came with the external base image; 0 for an image that was not built here. */
  readonly baseLayers: number;
  /** Extra annotations of the manifest. */
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  /** Exact bytes of the configuration; their digest is the image's ID. For a foreign image the bytes as received. */
  configBytes(options?: Abortable): Promise<Uint8Array>;
  /** Exact bytes of the manifest. */
  manifestBytes(options?: Abortable): Promise<Uint8Array>;
  /** Descriptor of `manifestBytes`. */
  descriptor(options?: Abortable): Promise<Descriptor>;
  /** Digest of `configBytes`: the ID that `images` shows. */
  id(options?: Abortable): Promise<Digest>;
  /** The same image, whose layers, the same too, are read from elsewhere from now on. */
  movedTo(layers: readonly Layer[]): Image;
}
