import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { digestOf, isDigest } from '@varve/core/image';
import type { ExecutionContext } from 'ava';

export interface Wishes {
  /** Whether a blob may be mounted from another repository. */
  readonly mounts?: boolean;
  /** Says so and takes no shorter pieces. */
  readonly minLength?: number;
  /** Refuses PATCH. */
  readonly noPieces?: boolean;
  /** Whether it knows referrers itself. */
  readonly referrers?: boolean;
  readonly etags?: boolean;
  /** Takes manifests under any digest, and the tags that come with it. */
  readonly digests?: boolean;
  /** Refuses manifests of OCI, in these words. */
  readonly refusesOci?: { readonly status: number; readonly body: string } | undefined;
  /** Interferes with what arrives: returns how many bytes of a body are taken before the connection breaks. */
  readonly breaks?: (request: IncomingMessage) => number | undefined;
  readonly answers?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

/**
 * A registry for writing that keeps what came of an upload when the connection breaks, as the specification wants it, and tells how many
 * bytes arrived.
 */
export async function startWriting(t: ExecutionContext, wishes: Wishes = {}) {
  const blobs = new Map<string, Buffer>();
  const manifests = new Map<string, { readonly bytes: Buffer; readonly type: string }>();
  const uploads = new Map<string, Buffer>();
  const requests: { readonly line: string; readonly authorization: string | undefined; received: number; isBroken: boolean }[] = [];
  let count = 0;
  const server = createServer(async (request, response) => {
    const seen = { line: `${request.method} ${request.url}`, authorization: request.headers.authorization, received: 0, isBroken: false };
    requests.push(seen);
    if (wishes.answers?.(request, response)) return;
    const limit = wishes.breaks?.(request);
    const chunks: Buffer[] = [];
    const url = new URL(request.url ?? '', 'http://x');
    const [, path = '', id = ''] = /^\/v2\/(.+)\/blobs\/uploads\/(.*)$/.exec(url.pathname) ?? [];
    const keep = (): void => {
      uploads.set(id, Buffer.concat([uploads.get(id) ?? Buffer.alloc(0), ...chunks.splice(0)]));
      seen.isBroken = true;
    };
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) {
        const taken = chunk.subarray(0, limit === undefined ? undefined : limit - seen.received);
        seen.received += taken.length;
        chunks.push(taken);
        if (limit !== undefined && seen.received >= limit) {
          if (id !== '') keep();
          return void request.socket.destroy();
        }
      }
    } catch {
      return void (id !== '' && keep()); // the client is gone
    }
    const body = Buffer.concat(chunks);
    const uuid = `${id}`;
    const place = (name: string) => `/v2/${path}/blobs/uploads/${name}?state=a%2Bb`;
    const range = (name: string) => ({ range: `0-${Math.max(0, (uploads.get(name)?.length ?? 0) - 1)}` });
    if (path !== '' && request.method === 'POST') {
      const mount = url.searchParams.get('mount');
      const from = url.searchParams.get('from');
      const blob = wishes.mounts ? blobs.get(`${from}@${mount}`) : undefined;
      if (blob !== undefined) {
        blobs.set(`${path}@${mount}`, blob);
        return void response.writeHead(201).end();
      }
      const name = String(++count);
      uploads.set(name, Buffer.alloc(0));
      return void response
        .writeHead(202, { location: place(name), ...(wishes.minLength !== undefined && { 'oci-chunk-min-length': wishes.minLength }) })
        .end();
    }
    if (path !== '' && !uploads.has(uuid)) return void response.writeHead(404).end();
    if (path !== '' && request.method === 'GET') return void response.writeHead(204, { location: place(uuid), ...range(uuid) }).end();
    if (path !== '' && request.method === 'DELETE') return void response.writeHead(uploads.delete(uuid) ? 204 : 404).end();
    if (path !== '' && request.method === 'PATCH') {
      if (wishes.noPieces) return void response.writeHead(405).end();
      const start = Number(/^(\d+)-/.exec(request.headers['content-range'] ?? '0-')?.[1]);
      if (start !== uploads.get(uuid)?.length) return void response.writeHead(416, range(uuid)).end();
      uploads.set(uuid, Buffer.concat([uploads.get(uuid) ?? Buffer.alloc(0), body]));
      return void response.writeHead(202, { location: place(uuid), ...range(uuid) }).end();
    }
    if (path !== '' && request.method === 'PUT') {
      if (url.searchParams.get('state') !== 'a+b') return void response.writeHead(400).end();
      const whole = Buffer.concat([uploads.get(uuid) ?? Buffer.alloc(0), body]);
      const digest = digestOf(whole, algorithmIn(url.searchParams.get('digest')));
      if (digest !== url.searchParams.get('digest')) return void response.writeHead(400).end();
      uploads.delete(uuid);
      blobs.set(`${path}@${digest}`, whole);
      return void response.writeHead(201, { 'docker-content-digest': digest }).end();
    }
    const [, repository = '', kind, name = ''] = /^\/v2\/(.+)\/(blobs|manifests)\/([^/]+)$/.exec(url.pathname) ?? [];
    if (kind === 'blobs') {
      const blob = blobs.get(`${repository}@${name}`);
      return void (blob === undefined
        ? response.writeHead(404).end()
        : response.writeHead(200, { 'content-length': blob.length }).end(blob));
    }
    if (kind === 'manifests' && request.method === 'PUT') {
      if (wishes.refusesOci !== undefined && request.headers['content-type']?.startsWith('application/vnd.oci.'))
        return void response.writeHead(wishes.refusesOci.status).end(wishes.refusesOci.body);
      const wanted = request.headers['if-match'];
      const current = manifests.get(`${repository}:${name}`);
      const isTaken = request.headers['if-none-match'] === '*' && current !== undefined;
      if (isTaken || (wanted !== undefined && wanted !== etagOf(current?.bytes))) return void response.writeHead(412).end();
      const digest = digestOf(body, wishes.digests ? algorithmIn(name) : 'sha256');
      if (isDigest(name) && name !== digest) return void response.writeHead(400).end();
      const tags = wishes.digests ? url.searchParams.getAll('tag') : [];
      for (const key of [name, digest, ...tags])
        manifests.set(`${repository}:${key}`, { bytes: body, type: request.headers['content-type'] ?? '' });
      return void response
        .writeHead(201, {
          'docker-content-digest': digest,
          ...(wishes.referrers && { 'oci-subject': 'yes' }),
          ...(tags.length > 0 && { 'oci-tag': tags }),
        })
        .end();
    }
    const [, listed] = /^\/v2\/(.+)\/tags\/list$/.exec(url.pathname) ?? [];
    if (listed !== undefined) {
      const names = [...manifests.keys()].filter((key) => key.startsWith(`${listed}:`)).map((key) => key.slice(listed.length + 1));
      return void response.writeHead(200).end(JSON.stringify({ name: listed, tags: names.filter((name) => !name.includes(':')) }));
    }
    const manifest = kind === 'manifests' ? manifests.get(`${repository}:${name}`) : undefined;
    if (manifest === undefined) return void response.writeHead(request.url === '/v2/' ? 200 : 404).end();
    if (request.method === 'DELETE') {
      manifests.delete(`${repository}:${name}`);
      return void response.writeHead(202).end();
    }
    const etag = wishes.etags ? { etag: etagOf(manifest.bytes) } : {};
    const about = {
      'content-type': manifest.type,
      'content-length': manifest.bytes.length,
      'docker-content-digest': digestOf(manifest.bytes),
    };
    response.writeHead(200, { ...about, ...etag }).end(manifest.bytes);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, blobs, manifests, uploads, requests };
}

const algorithmIn = (text: string | null): 'sha256' | 'sha512' => (text?.startsWith('sha512:') ? 'sha512' : 'sha256');
const etagOf = (bytes: Buffer | undefined): string =>
  `"${createHash('sha256')
    .update(bytes ?? '')
    .digest('hex')}"`;
