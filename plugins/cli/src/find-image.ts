import { type Host, IMAGES, type ImageRecord, VarveError } from '@varve/core';

/** An image of this host, by name, ID or the beginning of one. @throws VarveError `IMAGE_UNKNOWN` in docker's words */
export async function findImage(host: Host, text: string): Promise<ImageRecord> {
  const record = await host.get(IMAGES).find(text);
  if (record === undefined)
    throw new VarveError('IMAGE_UNKNOWN', `No such image: ${text}`, { hint: '`varve images` lists those that are here.' });
  return record;
}
