import type { IncomingMessage } from 'node:http';
import { messageOf, VarveError } from '@varve/core';
import { readBody } from './http-client.ts';
import { visibleText } from './visible-text.ts';

const ERROR_LIMIT = 64 << 10;

export interface FailureContext {
  readonly host: string;
  /** What was asked for: `acme/app:1.0`. */
  readonly what: string;
  /** What a 404 means. */
  readonly missing?: 'IMAGE_UNKNOWN' | 'BLOB_UNKNOWN' | undefined;
}

/** A refusal as an error, with the registry's own words. */
export async function registryFailure(response: IncomingMessage, { host, what, missing }: FailureContext): Promise<VarveError> {
  const status = response.statusCode ?? 0;
  const said = await ownWords(response);
  const detail = `${status}${said === '' ? '' : `: ${said}`}`;
  switch (true) {
    case status === 401 || status === 403:
      return new VarveError('REGISTRY_DENIED', `Access to ${what} on ${host} is denied, or there is no such repository (${detail})`, {
        hint: '`varve login` remembers credentials; those of docker, podman and skopeo are used, too.',
      });
    case status === 404 && missing !== undefined:
      return new VarveError(missing, `Expected ${what} on ${host}, found none (${detail})`);
    case status === 429:
      return new VarveError('REGISTRY_LIMIT', `${host} refuses more requests for now (${detail})`, { hint: 'Wait, or log in.' });
    case status === 413:
      return new VarveError('REGISTRY_REFUSED', `${host} refused ${what} (${detail})`, {
        hint: 'It is too large for the registry or a proxy before it. The option "chunkSize" of @varve/registry-hub sends blobs in pieces.',
      });
    case status >= 500:
      return new VarveError('REGISTRY_FAILED', `${host} failed to answer for ${what} (${detail})`, { hint: 'Try again later.' });
    default:
      return new VarveError('REGISTRY_REFUSED', `${host} refused ${what} (${detail})`);
  }
}

/** OCI distribution-spec, Error Codes. */
async function ownWords(response: IncomingMessage): Promise<string> {
  const body = await readBody(response, ERROR_LIMIT).catch(() => undefined); // the status says enough
  if (body === undefined) return '';
  try {
    const { errors } = JSON.parse(body.toString('utf8')) as { readonly errors?: unknown };
    if (!Array.isArray(errors)) return '';
    const texts = errors.map((error: { readonly code?: unknown; readonly message?: unknown } | null) =>
      `${error?.code ?? ''} ${error?.message ?? ''}`.trim(),
    );
    return visibleText(texts.filter(Boolean).join('; '));
  } catch {
    return '';
  }
}

const HINTS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'There is no host of that name; check the spelling, or the proxy settings.',
  EAI_AGAIN: 'Names cannot be looked up here; is there a network?',
  ECONNREFUSED: 'Nobody listens there.',
};

/** What the network said, as an error. */
export function unreachable(host: string, cause: unknown): VarveError {
  const code = (cause as NodeJS.ErrnoException | null)?.code ?? '';
  const isCertificate = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code);
  return new VarveError(
    'REGISTRY_UNREACHABLE',
    `Cannot reach the registry ${host}: ${code} ${visibleText(plain(messageOf(cause)))}`.trimEnd(),
    {
      cause,
      hint: isCertificate ? 'If you trust it all the same, name the host in the option "insecure" of @varve/registry-hub.' : HINTS[code],
    },
  );
}

/** Node puts the code in front of some messages itself. */
const plain = (message: string): string => message.replace(/^(?:connect|read|write|getaddrinfo) E[A-Z_]+ ?/, '');
