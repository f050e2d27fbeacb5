import { formatReference, hostPlatform, type Image, type ImageReference } from '../image/index.ts';
import type { Host } from './contracts/host.ts';
import type { Transport, TransportRequest } from './contracts/transport.ts';
import { VarveError } from './errors.ts';
import type { Hooks } from './hooks.ts';

/** The image of a name, from whoever has it or fetches it; a failure says why others passed. @throws VarveError `IMAGE_UNKNOWN` */
export async function resolveImage(hooks: Hooks, reference: ImageReference, options: Parameters<Host['resolve']>[1] = {}): Promise<Image> {
  const { signal, emit, artifact, fresh = false, local } = options;
  const platform = options.platform ?? hostPlatform();
  const reasons: string[] = [];
  const transport = await choose(hooks, { reference, purpose: 'resolve', fresh, local, platform, signal }, reasons);
  try {
    return await transport.resolve(reference, { platform, signal, emit, artifact });
  } catch (failure) {
    if (!VarveError.is(failure) || signal?.aborted) throw failure;
    throw new VarveError(failure.code, failure.message + reasons.join(''), { ...failure, cause: failure.cause ?? failure });
  }
}

/** Who takes images to a place, or fetches them from there. @throws VarveError `TRANSPORT_NONE`, `IMAGE_UNKNOWN` */
export const transportAt = (
  hooks: Hooks,
  reference: ImageReference,
  { purpose = 'push', signal }: Parameters<Host['transport']>[1] = {},
): Promise<Transport> => choose(hooks, { reference, purpose, fresh: purpose === 'resolve', platform: hostPlatform(), signal }, []);

/** @param reasons filled with why others passed */
async function choose(hooks: Hooks, request: Omit<TransportRequest, 'decline'>, reasons: string[]): Promise<Transport> {
  const decline = (provider: string, reason: string) => void reasons.push(`\n  ${provider}: ${reason}`);
  const transport = await hooks.transport.promise({ ...request, decline });
  if (transport !== undefined) return transport;
  const name = formatReference(request.reference);
  const message = request.purpose === 'push' ? `Nobody takes images to ${name}` : `There is no image ${name} here, and nobody fetches it`;
  throw new VarveError(request.purpose === 'push' ? 'TRANSPORT_NONE' : 'IMAGE_UNKNOWN', message + reasons.join(''), {
    hint: 'See `varve images` for what is here; `varve load` and `varve import` bring images in.',
  });
}
