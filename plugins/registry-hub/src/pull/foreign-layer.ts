import { type ResumableSource, VarveError } from '@varve/core';
import type { Abortable, Descriptor } from '@varve/core/image';
import { isLinkLocal, isLoopback, isUnspecified } from '../hosts/registry-host.ts';
import type { Requester } from '../http/requester.ts';

interface ForeignOptions extends Abortable {
  readonly isAllowed: boolean;
  /** What the registry said. */
  readonly missing: VarveError;
}

/**
 * A layer that its registry does not keep (OCI image-spec, descriptor.md, `urls`): from the addresses that the manifest names, without
 * credentials (CVE-2020-15157), and never from this machine or its wire.
 * @throws VarveError `BLOB_FOREIGN` where that was not asked for, `BLOB_UNKNOWN`
 */
export function foreignSource(
  client: Requester,
  { digest, urls = [] }: Descriptor,
  { isAllowed, signal, missing }: ForeignOptions,
): ResumableSource {
  const addresses = urls.filter((url) => URL.canParse(url)).map((url) => new URL(url));
  if (!isAllowed)
    throw new VarveError(
      'BLOB_FOREIGN',
      `The layer ${digest} is not in its registry but at ${hostsOf(addresses) || 'no address that can be used'}`,
      {
        cause: missing,
        hint: 'If these hosts may be asked for it, set the option "foreignLayers" of @varve/registry-hub.',
      },
    );
  return async function* from(offset) {
    for (const url of addresses.filter(isSafe)) {
      const headers = { 'accept-encoding': 'identity', ...(offset > 0 && { range: `bytes=${offset}-` }) };
      const response = await client.fetchAnywhere(url, { method: 'GET', headers, signal }).catch(() => undefined); // the next one may do
      signal?.throwIfAborted();
      if (response?.statusCode !== 200 && response?.statusCode !== 206) {
        response?.destroy();
        continue;
      }
      let skip = response.statusCode === 206 ? 0 : offset;
      for await (const chunk of response as AsyncIterable<Buffer>) {
        const bytes = chunk.subarray(skip);
        skip -= chunk.length - bytes.length;
        if (bytes.length > 0) yield bytes;
      }
      return;
    }
    throw missing;
  };
}

const isSafe = ({ protocol, host }: URL): boolean =>
  /^https?:$/.test(protocol) && !isLoopback(host) && !isUnspecified(host) && !isLinkLocal(host);
const hostsOf = (urls: readonly URL[]): string => [...new Set(urls.map(({ host }) => host))].join(', ');
