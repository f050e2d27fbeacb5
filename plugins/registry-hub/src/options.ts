import { VarveError } from '@varve/core';

export interface RegistryOptions {
  /**
   * Hosts (`registry.lan:5000`, or `registry.lan` for every port) and ranges of addresses (`10.1.0.0/16`) that may be talked to without TLS,
   * or with a certificate nobody vouches for.
   */
  readonly insecure: readonly string[];
  /** Mirrors by registry host, as addresses (`https://mirror.lan`), in the order in which they are asked; before those of files. */
  readonly mirrors: Readonly<Record<string, readonly string[]>>;
  /** Credential files, first to last, instead of the usual ones. */
  readonly credentials?: readonly string[] | undefined;
  /** Instead of docker's daemon.json: the first that exists. */
  readonly daemonFiles?: readonly string[] | undefined;
  /** Instead of podman's registries.conf: the first that exists. */
  readonly registriesConf?: readonly string[] | undefined;
  /** Directories of drop-ins for registries.conf. */
  readonly registriesConfDirs?: readonly string[] | undefined;
  /** containerd's directories of `<host>/hosts.toml`. */
  readonly hostsDirs?: readonly string[] | undefined;
  /** Directories of `<host>/*.crt`, `*.cert` and `*.key`. */
  readonly certsDirs?: readonly string[] | undefined;
  /** How often a request is repeated after a failure that may pass. */
  readonly retries: number;
  /** Milliseconds before the first repetition; each further one waits twice as long, up to a minute. */
  readonly retryWait: number;
  /** Milliseconds without a byte after which a connection counts as lost. */
  readonly stallTimeout: number;
  /** How many blobs come, and go, at once. */
  readonly downloads: number;
  readonly uploads: number;
  /** Bytes of a piece of an upload, where something between here and the registry takes no longer ones; default: all at once. */
  readonly chunkSize?: number | undefined;
  /** Where a registry refuses manifests of OCI, bring the image there with docker's media types. */
  readonly schema2Fallback: boolean;
  /** Fetch layers that lie outside of registries, from the addresses that a manifest names. */
  readonly foreignLayers: boolean;
}

type Check = { readonly is: (value: unknown) => boolean; readonly expected: string; readonly default?: unknown };

const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every((text) => typeof text === 'string');
const isCount = (value: unknown): boolean => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const isPositive = (value: unknown): boolean => isCount(value) && value !== 0;
const isMirrors = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.values(value).every((list) => isTexts(list) && list.every(isAddress));
const isAddress = (text: string): boolean => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
const optional = (value: unknown): boolean => value === undefined || isTexts(value);

const OPTIONS: Readonly<Record<keyof RegistryOptions, Check>> = {
  insecure: { is: isTexts, expected: 'a list of hosts', default: [] },
  mirrors: { is: isMirrors, expected: 'lists of http or https addresses by host', default: {} },
  credentials: { is: optional, expected: 'a list of files' },
  daemonFiles: { is: optional, expected: 'a list of files' },
  registriesConf: { is: optional, expected: 'a list of files' },
  registriesConfDirs: { is: optional, expected: 'a list of directories' },
  hostsDirs: { is: optional, expected: 'a list of directories' },
  certsDirs: { is: optional, expected: 'a list of directories' },
  retries: { is: isCount, expected: 'a whole number', default: 5 },
  retryWait: { is: isCount, expected: 'milliseconds', default: 250 },
  stallTimeout: { is: isPositive, expected: 'milliseconds', default: 30_000 },
  downloads: { is: isPositive, expected: 'a whole number', default: 3 },
  uploads: { is: isPositive, expected: 'a whole number', default: 5 },
  chunkSize: { is: (value) => value === undefined || isPositive(value), expected: 'bytes' },
  schema2Fallback: { is: (value) => typeof value === 'boolean', expected: 'true or false', default: false },
  foreignLayers: { is: (value) => typeof value === 'boolean', expected: 'true or false', default: false },
};

/** @throws VarveError `OPTIONS_INVALID` */
export function readOptions(raw: unknown = {}): RegistryOptions {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) throw invalid(`expected an object, found ${JSON.stringify(raw)}`);
  const given = raw as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(OPTIONS, name));
  if (unknown !== undefined) throw invalid(`no option "${unknown}"; there are ${Object.keys(OPTIONS).join(', ')}`);
  const options = Object.entries(OPTIONS).map(([name, check]) => {
    const value = given[name] ?? check.default;
    if (!check.is(value)) throw invalid(`${name}: expected ${check.expected}`);
    return [name, value];
  });
  return Object.fromEntries(options) as RegistryOptions; // each value was checked
}

const invalid = (why: string): VarveError => new VarveError('OPTIONS_INVALID', why);
