import { VarveError } from '@varve/core';

export interface RegistryOptions {
  /** Hosts (`registry.lan:5000`, or `registry.lan` for every port) that may be talked to without TLS, or with a certificate nobody vouches for. */
  readonly insecure: readonly string[];
  /** Credential files, first to last, instead of the usual ones. */
  readonly credentials?: readonly string[] | undefined;
  /** How often a request is repeated after a failure that may pass. */
  readonly retries: number;
  /** Milliseconds before the first repetition; each further one waits twice as long, up to a minute. */
  readonly retryWait: number;
  /** Milliseconds without a byte after which a connection counts as lost. */
  readonly stallTimeout: number;
}

/** @throws VarveError `OPTIONS_INVALID` */
export function readOptions(raw: unknown = {}): RegistryOptions {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) throw invalid(`expected an object, found ${JSON.stringify(raw)}`);
  const { insecure = [], credentials, retries = 5, retryWait = 250, stallTimeout = 30_000, ...unknown } = raw as Record<string, unknown>;
  const [name] = Object.keys(unknown);
  if (name !== undefined) throw invalid(`no option "${name}"; there are insecure, credentials, retries, retryWait and stallTimeout`);
  if (!isTexts(insecure)) throw invalid('insecure: expected a list of hosts');
  if (credentials !== undefined && !isTexts(credentials)) throw invalid('credentials: expected a list of files');
  if (!isCount(retries)) throw invalid('retries: expected a whole number');
  if (!isCount(retryWait)) throw invalid('retryWait: expected milliseconds');
  if (!isCount(stallTimeout) || stallTimeout === 0) throw invalid('stallTimeout: expected milliseconds');
  return { insecure, credentials, retries, retryWait, stallTimeout };
}

const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every((text) => typeof text === 'string');
const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const invalid = (why: string): VarveError => new VarveError('OPTIONS_INVALID', why);
