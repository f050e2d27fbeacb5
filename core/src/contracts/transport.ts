import type { Abortable, Descriptor, Image, ImageIndex, ImageReference, Platform } from '../../image/index.ts';
import type { Emit } from './event.ts';

/** Asked by the `transport` hook: who has, or can fetch or take, what this reference names? */
export interface TransportRequest extends Abortable {
  readonly reference: ImageReference;
  readonly purpose: 'resolve' | 'push';
  /** A local copy does not do: ask where the image comes from. */
  readonly fresh: boolean;
  /** Nothing may be fetched: only what is here does. */
  readonly local?: boolean | undefined;
  readonly platform: Platform;
  /** Why this provider passes, for the error when all do. */
  decline(provider: string, reason: string): void;
}

export interface ResolveOptions extends Abortable {
  readonly platform: Platform;
  readonly emit?: Emit | undefined;
  /**
   * Media type of a configuration that is no image's, for whoever understands it: what has one, with `rootfs.diff_ids` as an image's
   * configuration has them, is given as an `Image` too.
   */
  readonly artifact?: string | undefined;
}

/** Moves images between here and elsewhere. */
export interface Transport {
  readonly name: string;
  /** Lazy: reads no more than manifest and config; everything is verified when read. @throws VarveError `IMAGE_UNKNOWN` */
  resolve(reference: ImageReference, options: ResolveOptions): Promise<Image>;
  /**
   * The index that a reference names, with all of its images, as lazy and verified as one image; `undefined`: it names one image. Without it
   * there is nothing but `resolve` for one platform after the other. @throws VarveError `IMAGE_UNKNOWN`
   */
  resolveIndex?(reference: ImageReference, options: Omit<ResolveOptions, 'platform' | 'artifact'>): Promise<ImageIndex | undefined>;
  push?(image: Image, reference: ImageReference, options: Abortable & { readonly emit?: Emit | undefined }): Promise<Descriptor>;
  /**
   * Everything that an index names, then the index itself; the reference means it only when all of it is there. The descriptor is that of
   * the index as it lies there. Without it there is nothing but `push` for each image.
   */
  pushIndex?(index: ImageIndex, reference: ImageReference, options: Abortable & { readonly emit?: Emit | undefined }): Promise<Descriptor>;
}
