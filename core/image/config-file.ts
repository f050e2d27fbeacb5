import { VarveError } from '../src/errors.ts';
import type { ContainerConfig, HistoryRow, ImageConfig, ImageConfigFile } from './config.ts';
import { type DiffID, isDigest } from './digest.ts';
import { quote } from './quote.ts';

/**
 * Reads an image's configuration; `null` members are as good as absent, unknown ones are kept.
 * @throws VarveError `IMAGE_INVALID`
 */
export function parseConfigFile(bytes: Uint8Array): ImageConfigFile {
  const file = parseObject(bytes, 'image configuration');
  const rootfs = file.rootfs as { readonly diff_ids?: unknown } | undefined | null;
  const diffIds = Array.isArray(rootfs?.diff_ids) ? rootfs.diff_ids : [];
  for (const id of diffIds)
    if (typeof id !== 'string' || !isDigest(id))
      throw new VarveError('IMAGE_INVALID', `The image configuration has a diff_id that is no digest: ${quote(id)}`);
  const history = Array.isArray(file.history) ? (file.history as HistoryRow[]) : [];
  const config = isObject(file.config) ? (file.config as ContainerConfig) : {};
  return {
    ...file,
    os: typeof file.os === 'string' && file.os !== '' ? file.os : 'linux',
    architecture: typeof file.architecture === 'string' ? file.architecture : '',
    config,
    history,
    rootfs: { type: 'layers', diff_ids: diffIds as DiffID[] },
  };
}

/** Lists and objects in each other, beyond which no document of ours goes: what reads and writes them would run out of stack. */
const DEPTH = 200;

/** A JSON object from untrusted bytes. @throws VarveError `IMAGE_INVALID` */
export function parseObject(bytes: Uint8Array, what: string): Record<string, unknown> {
  if (isDeeper(bytes, DEPTH))
    throw new VarveError('IMAGE_INVALID', `Expected a JSON object as ${what}, found more than ${DEPTH} lists and objects in each other`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new VarveError('IMAGE_INVALID', `Expected a JSON object as ${what}, found ${excerpt(bytes)}`, {
      cause,
    });
  }
  if (!isObject(value)) throw new VarveError('IMAGE_INVALID', `Expected a JSON object as ${what}, found ${excerpt(bytes)}`);
  return value;
}

/** Whether JSON goes deeper than that; of anything else, something. */
function isDeeper(bytes: Uint8Array, most: number): boolean {
  let depth = 0;
  let isText = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (isText) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) isText = false;
    } else if (byte === QUOTE) isText = true;
    else if (byte === BRACKET || byte === BRACE) {
      if (++depth > most) return true;
    } else if (byte === BRACKET_END || byte === BRACE_END) depth--;
  }
  return false;
}
const [QUOTE, BACKSLASH, BRACKET, BRACKET_END, BRACE, BRACE_END] = Buffer.from('"\\[]{}');

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const excerpt = (bytes: Uint8Array): string => quote(Buffer.from(bytes.subarray(0, 60)).toString('latin1'));

/** Members in the order docker and BuildKit write them, then the rest by name: equal configs give equal bytes. */
const ORDER = ['architecture', 'variant', 'os', 'os.version', 'os.features', 'created', 'author', 'config', 'rootfs', 'history'];
const CONFIG_ORDER = [
  'User',
  'ExposedPorts',
  'Env',
  'Entrypoint',
  'Cmd',
  'Healthcheck',
  'ArgsEscaped',
  'Volumes',
  'WorkingDir',
  'Shell',
  'StopSignal',
  'OnBuild',
  'Labels',
];

/** The bytes of a configuration that is made here. */
export function serializeConfig(config: ImageConfig, diffIds: readonly DiffID[]): Uint8Array {
  const file = {
    ...config,
    config: ordered(config.config, CONFIG_ORDER),
    rootfs: { type: 'layers', diff_ids: diffIds },
  };
  return Buffer.from(JSON.stringify(ordered(file, ORDER)));
}

function ordered(value: Readonly<Record<string, unknown>>, order: readonly string[]): Record<string, unknown> {
  const rest = Object.keys(value)
    .filter((name) => !order.includes(name))
    .sort();
  const result: Record<string, unknown> = {};
  for (const name of [...order, ...rest])
    if (value[name] !== undefined && value[name] !== null) result[name] = sortedMap(name, value[name]);
  return result;
}
/** Maps are sorted by key, as Go's encoder does; everything else keeps its order. */
const MAPS = new Set(['ExposedPorts', 'Volumes', 'Labels']);
const sortedMap = (name: string, value: unknown): unknown =>
  MAPS.has(name) ? Object.fromEntries(Object.entries(value as object).sort(([a], [b]) => (a < b ? -1 : 1))) : value;
