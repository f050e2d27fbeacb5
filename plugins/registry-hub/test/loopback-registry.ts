import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Descriptor, type Digest, descriptorOf, type Image, MEDIA_TYPES } from '@varve/core/image';
import type { ExecutionContext } from 'ava';

/** Answers a request, or leaves it (`false`) to the registry. */
export type Interfere = (request: IncomingMessage, response: ServerResponse, seen: number) => boolean | Promise<boolean>;

export interface LoopbackRegistry {
  /** `127.0.0.1:port` */
  readonly host: string;
  readonly blobs: Map<Digest, Uint8Array>;
  /** By `repository/tag-or-digest`. */
  readonly manifests: Map<string, { readonly bytes: Uint8Array; readonly mediaType: string }>;
  /** `METHOD /path`, as they came, with what was said about who asks. */
  readonly requests: { readonly line: string; readonly authorization: string | undefined }[];
  /** Puts an image there, its layers as plain tars. */
  add(name: string, image: Image): Promise<Descriptor>;
  addManifest(name: string, bytes: Uint8Array, mediaType: string): Descriptor;
}

/** A registry for reading that misbehaves as a test wants it. */
export async function startLoopback(t: ExecutionContext, interfere: Interfere = () => false): Promise<LoopbackRegistry> {
  const blobs = new Map<Digest, Uint8Array>();
  const manifests: LoopbackRegistry['manifests'] = new Map();
  const requests: LoopbackRegistry['requests'] = [];
  const server = createServer(async (request, response) => {
    requests.push({ line: `${request.method} ${request.url}`, authorization: request.headers.authorization });
    request.resume();
    const seen = requests.filter(({ line }) => line === `${request.method} ${request.url}`).length;
    if (!(await interfere(request, response, seen))) answer(request.url ?? '', response, { blobs, manifests });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const addManifest = (name: string, bytes: Uint8Array, mediaType: string): Descriptor => {
    const descriptor = descriptorOf(mediaType, bytes);
    for (const key of [name, `${name.split('/').slice(0, -1).join('/')}/${descriptor.digest}`]) manifests.set(key, { bytes, mediaType });
    return descriptor;
  };
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    blobs,
    manifests,
    requests,
    addManifest,
    async add(name, image) {
      const config = await image.configBytes();
      blobs.set(descriptorOf('', config).digest, config);
      for (const layer of image.layers) {
        const chunks = [];
        for await (const chunk of layer.tar()) chunks.push(chunk);
        blobs.set(await layer.diffId(), Buffer.concat(chunks));
      }
      return addManifest(name, await image.manifestBytes(), MEDIA_TYPES.manifest);
    },
  };
}

function answer(url: string, response: ServerResponse, { blobs, manifests }: Pick<LoopbackRegistry, 'blobs' | 'manifests'>): void {
  const [, path, kind, name = ''] = /^\/v2\/(.+)\/(blobs|manifests)\/([^/]+)$/.exec(url) ?? [];
  if (url === '/v2/') return void response.writeHead(200).end('{}');
  const manifest = kind === 'manifests' ? manifests.get(`${path}/${name}`) : undefined;
  if (manifest !== undefined) {
    const { digest } = descriptorOf(manifest.mediaType, manifest.bytes);
    const headers = { 'content-type': manifest.mediaType, 'docker-content-digest': digest, 'content-length': manifest.bytes.length };
    return void response.writeHead(200, headers).end(manifest.bytes);
  }
  const blob = kind === 'blobs' ? blobs.get(name as Digest) : undefined;
  if (blob !== undefined) return void response.writeHead(200, { 'content-length': blob.length }).end(blob);
  response.writeHead(404).end(JSON.stringify({ errors: [{ code: 'MANIFEST_UNKNOWN', message: 'manifest \u001b[31munknown' }] }));
}
