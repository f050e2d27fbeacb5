import type { Abortable, Descriptor, Image, ImageIndex } from '../../image/index.ts';
import type { BuildInfo } from './build.ts';

/** One `-o`: `type=oci,dest=out.tar,name=…`. */
export interface ExportRequest {
  readonly type: string;
  /** A path, or `-` for `stdout`. */
  readonly dest?: string | undefined;
  /** Names for the result. */
  readonly names?: readonly string[] | undefined;
  readonly attributes?: Readonly<Record<string, string>> | undefined;
}
export interface ExportResult {
  readonly exporter: string;
  readonly descriptor?: Descriptor | undefined;
  readonly dest?: string | undefined;
}

/** Writes a finished image somewhere. Nothing half-done is ever visible. */
export interface Exporter {
  readonly name: string;
  export(image: Image, request: ExportRequest, build: BuildInfo & Abortable): Promise<ExportResult>;
  /** Images for several platforms at once. Without it such a build is refused before it begins, with `EXPORT_SINGLE_PLATFORM`. */
  exportIndex?(index: ImageIndex, request: ExportRequest, build: BuildInfo & Abortable): Promise<ExportResult>;
}
