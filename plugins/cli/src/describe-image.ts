import type { ImageRecord } from '@varve/core';
import { describeConfig } from '@varve/core/command';
import { familiarName, type Image, parseConfigFile, parseReference } from '@varve/core/image';

/**
 * An image in docker's words (`docker image inspect`). Members with free keys are `Map`s, so that templates know them from members that
 * must be there.
 */
export async function describeImage(record: ImageRecord, { image, driver }: { readonly image: Image; readonly driver: string }) {
  const { config } = image;
  const { rootfs } = parseConfigFile(await image.configBytes());
  return {
    Id: record.id,
    RepoTags: record.names.filter((name) => parseReference(name).tag !== undefined).map(familiarName),
    RepoDigests: [...new Set(record.names.map((name) => `${familiarName(parseReference(name).name)}@${record.descriptor.digest}`))],
    Parent: '',
    Comment: config.history.at(-1)?.comment ?? '',
    Created: config.created ?? '',
    DockerVersion: '',
    Author: config.author ?? '',
    Config: describeConfig(config.config),
    Architecture: config.architecture,
    Variant: config.variant, // left out of JSON where there is none; templates may ask for it
    Os: config.os,
    Size: record.size,
    GraphDriver: { Name: driver, Data: null },
    RootFS: { Type: 'layers', Layers: rootfs.diff_ids },
    Metadata: { LastTagTime: new Date(record.storedAt).toISOString() },
    Descriptor: { mediaType: record.descriptor.mediaType, digest: record.descriptor.digest, size: record.descriptor.size },
  };
}
