import { join } from 'node:path';
import { COMMANDS, CONTENT, definePlugin, FILE_DIGESTS, LAYERS, STORE_ROOT } from '@varve/core';
import { registryCommands } from './commands/registry-commands.ts';
import { HubTransport } from './hub-transport.ts';
import { readOptions } from './options.ts';
import { RegistryExporter } from './push/registry-exporter.ts';

export type { Credentials, FindCredentials } from './auth/credentials.ts';
export {
  type Blob,
  type BlobOptions,
  createRegistryClient,
  type Name,
  type RegistryClient,
  type RegistryClientOptions,
} from './client/registry-client.ts';
export type { Referrer } from './discovery/referrers.ts';
export type { RegistryOptions } from './options.ts';
export type { FetchedManifest } from './pull/fetch-manifest.ts';
export type { UploadResult } from './push/upload-blob.ts';

/** Images in registries: `FROM` a registry, `pull`, `push`, `-o type=registry`. */
export const registryHub = definePlugin({
  name: '@varve/registry-hub',
  core: '^0.1.0',
  options: readOptions,
  apply({ hooks, inject, contribute, options }) {
    const stores = inject('registry-hub stores', [STORE_ROOT, CONTENT, LAYERS, FILE_DIGESTS], (root, content, layers, facts) => ({
      content,
      layers,
      facts,
      temporary: join(root, 'tmp'),
    }));
    const transport = inject('registry-hub', [], () => new HubTransport(stores(), options));
    hooks.transport.tap(
      async ({ reference, local = false, decline }) => {
        if (reference.transport !== 'docker') return undefined;
        if (!local) return transport();
        decline('registry', 'nothing is to be fetched');
        return undefined;
      },
      { stage: 100 },
    );
    hooks.exporter.tap(async ({ type }) => (type === 'registry' ? new RegistryExporter(transport()) : undefined));
    for (const command of registryCommands({ options, stores })) contribute(COMMANDS, [], () => command);
  },
});
