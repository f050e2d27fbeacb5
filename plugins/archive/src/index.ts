import { COMMANDS, CONTENT, definePlugin, LAYERS } from '@varve/core';
import { ARCHIVE_TRANSPORTS, ArchiveTransport } from './archive-transport.ts';
import { imageExporter } from './image-exporter.ts';
import { importCommand } from './import-command.ts';
import { loadCommand } from './load-command.ts';
import { localExporter, tarExporter } from './rootfs-exporter.ts';
import { saveCommand } from './save-command.ts';

export type { BlobStores, NamedImage } from './gather-images.ts';
export { type ImportOptions, importRootfs } from './import-rootfs.ts';
export { type ImageStores, type LoadedImage, type LoadOptions, loadArchive } from './load-archive.ts';
export { type SaveOptions, saveImages } from './save-images.ts';
export { type WriteLayoutOptions, writeLayout } from './write-layout.ts';

/** Images in tar archives and OCI layout directories: save, load, import, `-o type=…` and `FROM oci-layout://…`. */
export const archive = definePlugin({
  name: '@varve/archive',
  core: '^0.1.0',
  apply({ hooks, inject, contribute }) {
    const stores = inject('archive', [CONTENT, LAYERS], (content, layers) => ({ content, layers }));
    const transport = inject('archive-transport', [CONTENT, LAYERS], (content, layers) => new ArchiveTransport({ content, layers }));
    hooks.transport.tap(async ({ reference }) => (reference.transport in ARCHIVE_TRANSPORTS ? transport() : undefined));
    hooks.exporter.tap(async ({ type }) => {
      if (type === 'oci' || type === 'docker') return imageExporter(type, stores());
      if (type === 'tar') return tarExporter;
      return type === 'local' ? localExporter : undefined;
    });
    for (const command of [saveCommand, loadCommand, importCommand]) contribute(COMMANDS, [], () => command);
  },
});
