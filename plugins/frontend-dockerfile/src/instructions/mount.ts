import { didYouMean } from '../parser/suggest.ts';
import { quote } from '../parser/text.ts';
import { parseBoolean } from './boolean.ts';
import { splitCsv } from './csv.ts';

const TYPES = ['bind', 'cache', 'tmpfs', 'secret', 'ssh'] as const;
const SHARINGS = ['shared', 'private', 'locked'] as const;
const FLAGS: readonly string[] = ['readonly', 'ro', 'readwrite', 'rw', 'required'];

/** `--mount` of RUN, read but not yet filled up with what its type has as defaults. */
export interface MountOptions {
  readonly type: (typeof TYPES)[number];
  readonly from?: string;
  readonly source?: string;
  readonly target?: string;
  readonly id?: string;
  readonly env?: string;
  readonly sharing?: (typeof SHARINGS)[number];
  readonly writable?: boolean;
  readonly required?: boolean;
  /** Bytes. */
  readonly size?: number;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

type Fail = (message: string, hint?: string) => never;

/** What can be said before variables are known: the shape of the fields, and that `from` names a fixed place. */
export function checkMount(text: string, fail: Fail): void {
  for (const field of splitFields(text, fail)) {
    const { key, value } = splitField(field, fail);
    if (key === 'from' && value !== undefined && /\$./.test(value)) {
      fail(`'${key}' doesn't support variable expansion, define alias stage instead`);
    }
  }
}

/** Reads a mount, its values expanded by `expand`. */
export function parseMount(text: string, expand: (value: string) => string, fail: Fail): MountOptions {
  let mount: MountOptions = { type: 'bind' };
  for (const field of splitFields(text, fail)) {
    const { key, value } = splitField(field, fail);
    const read = Object.hasOwn(READERS, key) ? READERS[key] : undefined;
    if (read === undefined) fail(`unexpected key '${key}' in '${field}'${didYouMean(key, Object.keys(READERS))}`);
    const expanded = value === undefined ? undefined : expand(value);
    mount = { ...mount, ...read({ key, value: expanded, type: mount.type, fail }) };
  }
  refuseContradictions(mount, fail);
  return mount;
}

function splitFields(text: string, fail: Fail): readonly string[] {
  return splitCsv(text) ?? fail(`failed to parse csv mounts: ${quote(text)}`, '--mount=type=cache,target=/root/.cache');
}

function splitField(field: string, fail: Fail): { key: string; value: string | undefined } {
  const at = field.indexOf('=');
  const key = (at < 0 ? field : field.slice(0, at)).toLowerCase();
  if (at < 0 && !FLAGS.includes(key)) fail(`invalid field '${field}' must be a key=value pair`);
  return { key, value: at < 0 ? undefined : field.slice(at + 1) };
}

interface Setting {
  readonly key: string;
  readonly value: string | undefined;
  /** As far as the fields before have said. */
  readonly type: MountOptions['type'];
  readonly fail: Fail;
}
type Reader = (setting: Setting) => Partial<MountOptions>;

const readSource: Reader = ({ value = '' }) => ({ source: value });
const readTarget: Reader = ({ value = '' }) => ({ target: value });
const readReadOnly: Reader = (setting) => ({ writable: !readBoolean(setting) });
const readWritable: Reader = (setting) => ({ writable: readBoolean(setting) });

const READERS: Readonly<Record<string, Reader>> = {
  type: ({ value = '', fail }) => {
    const type = TYPES.find((name) => name === value.toLowerCase());
    return { type: type ?? fail(`unsupported mount type ${quote(value)}${didYouMean(value, TYPES)}`) };
  },
  from: ({ value = '' }) => ({ from: value }),
  source: readSource,
  src: readSource,
  target: readTarget,
  dst: readTarget,
  destination: readTarget,
  readonly: readReadOnly,
  ro: readReadOnly,
  readwrite: readWritable,
  rw: readWritable,
  required: (setting) => only(['secret', 'ssh'], setting) ?? { required: readBoolean(setting) },
  id: ({ value = '' }) => ({ id: value }),
  env: (setting) => only(['secret'], setting) ?? { env: setting.value ?? '' },
  sharing: ({ value = '', fail }) => {
    const sharing = SHARINGS.find((name) => name === value.toLowerCase());
    return {
      sharing: sharing ?? fail(`unsupported sharing value ${quote(value)}${didYouMean(value, SHARINGS)}`),
    };
  },
  size: (setting) => only(['tmpfs'], setting) ?? { size: readSize(setting) },
  mode: (setting) => ({ mode: readNumber(setting, 8) }),
  uid: (setting) => ({ uid: readNumber(setting, 10) }),
  gid: (setting) => ({ gid: readNumber(setting, 10) }),
};

/** Refuses a key that mounts of this type do not have. */
function only(types: readonly MountOptions['type'][], { key, type, fail }: Setting): undefined {
  if (!types.includes(type)) fail(`unexpected key '${key}' for mount type '${type}'`);
}

function readBoolean({ key, value, fail }: Setting): boolean {
  return value === undefined || (parseBoolean(value) ?? fail(`invalid value for ${key}: ${value}`));
}

function readNumber({ key, value = '', fail }: Setting, radix: 8 | 10): number {
  const number = (radix === 8 ? /^[0-7]+$/ : /^\d+$/).test(value) ? Number.parseInt(value, radix) : Number.NaN;
  return number < 2 ** 32 ? number : fail(`invalid value ${value} for ${key}`);
}

function readSize({ key, value = '', fail }: Setting): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?) ?([kmgtp]?)(?:i?b)?$/i.exec(value) ?? [];
  const bytes = Math.floor(Number(number) * 1024 ** ' kmgtp'.indexOf(unit.toLowerCase() || ' '));
  return Number.isSafeInteger(bytes) ? bytes : fail(`invalid value for ${key}: ${value}`);
}

function refuseContradictions(mount: MountOptions, fail: Fail): void {
  const { type } = mount;
  const hasOwner = type === 'secret' || type === 'ssh' || type === 'cache';
  for (const key of ['mode', 'uid', 'gid'] as const) {
    if (mount[key] !== undefined && !hasOwner) fail(`${key} not allowed for ${quote(type)} type mounts`);
  }
  if (mount.sharing !== undefined && type !== 'cache') fail(`invalid cache sharing set for ${type} mount`);
  if (type === 'secret') refuseSecret(mount, fail);
}

function refuseSecret({ from, source, target, id, env }: MountOptions, fail: Fail): void {
  if (from) fail('secret mount should not have a from');
  if (!source && !target && !id && !env) fail('invalid secret mount. one of source, target, env required');
  if (source && id) fail("both source and id can't be set");
}
