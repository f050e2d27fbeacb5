import type { Abortable } from '@varve/core/image';
import type { Endpoint } from '../hosts/endpoint.ts';
import { discard } from '../http/http-client.ts';
import { registryFailure } from '../http/registry-failure.ts';
import type { Requester } from '../http/requester.ts';
import type { Upload } from './upload-blob.ts';
import { UploadSession, uploadsFor } from './upload-session.ts';

/** From so many bytes on it is worth asking what a registry has of an upload that broke. */
const LARGE = 16 << 20;

export interface Sending extends Upload {
  readonly endpoint: Endpoint;
  readonly origin: string;
  /** Opened already. */
  readonly session?: UploadSession | undefined;
}

/** Sends a blob that is not there, once. @throws Passing when another try may do, VarveError `REGISTRY_…` */
export async function sendBlob(client: Requester, sending: Sending): Promise<void> {
  const { size, chunkSize = Number.POSITIVE_INFINITY } = sending;
  const isInPieces = size >= LARGE || size > chunkSize;
  if (isInPieces && (await sendPieces(client, sending))) return;
  const session = (isInPieces ? undefined : sending.session) ?? (await open(client, sending));
  await cancelling(session, sending, () =>
    session.finish(sending.digest, { body: () => counted(sending, 0, size), size, signal: sending.signal }),
  );
}

/** Goes on where the registry has the bytes of an earlier try. `false`: it takes no pieces. */
async function sendPieces(client: Requester, sending: Sending): Promise<boolean> {
  const { digest, size, sessions, signal, chunkSize = Number.POSITIVE_INFINITY } = sending;
  const place = `${sending.origin}/${sending.endpoint.path}`;
  const { session, offset } = (await takeUp(client, sending, place)) ?? {
    session: sending.session ?? (await open(client, sending)),
    offset: 0,
  };
  await keepPlace(sending, place, session);
  return await cancelling(session, sending, async () => {
    for (let at = offset; at < size; ) {
      const to = Math.min(size, at + Math.max(chunkSize, session.shortest));
      const from = at;
      const reached = await session.add({ from, to, body: () => counted(sending, from, to) }, { signal });
      if (reached === undefined) return false;
      at = reached > at ? Math.min(reached, to) : to;
      await keepPlace(sending, place, session);
    }
    await session.finish(digest, { size: 0, signal });
    await sessions?.forget(place, digest);
    return true;
  });
}

/** An address elsewhere may be as good as a password (signed URLs of object stores): it is not written down. */
async function keepPlace({ sessions, digest, origin }: Sending, place: string, { location }: UploadSession): Promise<void> {
  if (location.origin === new URL(origin).origin) await sessions?.remember(place, digest, location);
}

/** An upload that was under way, in this process or an earlier one, if the registry still has it. */
async function takeUp(
  client: Requester,
  { digest, size, sessions, endpoint, origin, signal }: Sending,
  place: string,
): Promise<{ readonly session: UploadSession; readonly offset: number } | undefined> {
  const location = await sessions?.recall(place, digest);
  if (location === undefined) return undefined;
  const session = new UploadSession(client, { endpoint, origin, opened: location });
  const offset = await session.offset({ signal }).catch(() => undefined); // a new one always does
  signal?.throwIfAborted();
  await sessions?.forget(place, digest);
  return offset === undefined || offset > size ? undefined : { session, offset };
}

async function open(client: Requester, { digest, endpoint, origin, signal }: Sending): Promise<UploadSession> {
  const what = `an upload to ${endpoint.path}`;
  const request = {
    method: 'POST',
    to: uploadsFor(digest),
    actions: 'pull,push',
    what,
    headers: { 'content-length': '0' },
    signal,
  } as const;
  const opened = await client.once(endpoint, request);
  if (opened.statusCode !== 202) throw await registryFailure(opened, { host: endpoint.api, what });
  discard(opened);
  return new UploadSession(client, { endpoint, origin, opened });
}

/** Whoever stops an upload on purpose leaves nothing at the registry. */
async function cancelling<T>(session: UploadSession, { signal }: Abortable, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (failure) {
    if (signal?.aborted) await session.cancel();
    throw failure;
  }
}

async function* counted({ read, onProgress }: Sending, from: number, to: number): AsyncGenerator<Uint8Array, void, undefined> {
  let at = from;
  for await (const chunk of read(from)) {
    const bytes = chunk.length > to - at ? chunk.subarray(0, to - at) : chunk;
    yield bytes;
    at += bytes.length;
    onProgress?.(at);
    if (at >= to) return;
  }
}
