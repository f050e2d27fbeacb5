import type { Host } from '../src/contracts/host.ts';
import type { ImageRecord } from '../src/contracts/store.ts';
import { VarveError } from '../src/errors.ts';
import { IMAGES } from '../src/tokens.ts';

/** An image of this host, by name, ID or the beginning of one. @throws VarveError `IMAGE_UNKNOWN` in docker's words */
export async function findImage(host: Host, text: string): Promise<ImageRecord> {
  const record = await host.get(IMAGES).find(text);
  if (record === undefined)
    throw new VarveError('IMAGE_UNKNOWN', `No such image: ${text}`, { hint: '`varve images` lists those that are here.' });
  return record;
}
