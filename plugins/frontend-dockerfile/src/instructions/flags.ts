import { didYouMean } from '../parser/suggest.ts';

/** `strings` may be given several times. */
export type FlagType = 'boolean' | 'string' | 'strings';
export type FlagTypes = Readonly<Record<string, FlagType>>;
interface ValueOf {
  readonly boolean: boolean | undefined;
  readonly string: string | undefined;
  readonly strings: readonly string[];
}
export type FlagValue = ValueOf[FlagType];
export type FlagValues<T extends FlagTypes> = { readonly [K in keyof T]: ValueOf[T[K]] };

type Fail = (message: string, hint?: string) => never;

/** Checks the `--name=value` words of an instruction against the flags that it has. */
export function parseFlags<T extends FlagTypes>(words: readonly string[], types: T, fail: Fail): FlagValues<T> {
  // every instruction comes through here: flags that are not given are not looked at
  const values: Record<string, FlagValue> = {};
  for (const name in types) if (types[name] === 'strings') values[name] = [];
  for (const word of words) {
    const { name, flag, value } = splitFlag(word);
    const type = Object.hasOwn(types, name) ? types[name] : undefined;
    if (type === undefined) fail(`unknown flag: ${flag}${didYouMean(name, Object.keys(types), { isCaseSensitive: true })}`);
    const known = values[name];
    if (Array.isArray(known)) known.push(value ?? fail(`missing a value on flag: ${flag}`));
    else if (known !== undefined) fail(`duplicate flag specified: ${flag}`);
    else values[name] = type === 'boolean' ? readBoolean(flag, value, fail) : (value ?? fail(`missing a value on flag: ${flag}`));
  }
  return values as FlagValues<T>; // each value was read as its flag's type says
}

function splitFlag(word: string): { name: string; flag: string; value: string | undefined } {
  const at = word.indexOf('=');
  const flag = at < 0 ? word : word.slice(0, at);
  return { name: flag.slice(2), flag, value: at < 0 ? undefined : word.slice(at + 1) };
}

function readBoolean(flag: string, value: string | undefined, fail: Fail): boolean {
  if (value === undefined) return true;
  const lower = value.toLowerCase();
  if (lower === 'true' || lower === 'false') return lower === 'true';
  return fail(value === '' ? `missing a value on flag: ${flag}` : `expecting boolean value for flag ${flag}, not: ${value}`);
}
