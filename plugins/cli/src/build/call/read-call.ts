import type { Values } from '@varve/core/command';
import { didYouMean, isOn, textOf, usageError } from '@varve/core/command';
import { splitCsv, splitPair } from '../csv.ts';

/** What is asked of the build file instead of a build. */
export interface Call {
  readonly method: 'check' | 'outline' | 'targets';
  readonly json: boolean;
  /** Exit code 0 whatever is found. */
  readonly ignoreStatus: boolean;
}

const METHODS: Readonly<Record<string, Call['method'] | 'build'>> = {
  build: 'build',
  check: 'check',
  lint: 'check',
  outline: 'outline',
  targets: 'targets',
};

/** `--call=outline,format=json`, `--check`; `undefined`: a build. @throws VarveError `USAGE` */
export function readCall(values: Values): Call | undefined {
  const [name = '', ...settings] = splitCsv(textOf(values, 'call') || (isOn(values, 'check') ? 'check' : 'build'));
  const method = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
  const known = Object.keys(METHODS);
  if (method === undefined) throw usageError(`--call expects ${known.join(', ')}, found ${JSON.stringify(name)}${didYouMean(name, known)}`);
  if (isOn(values, 'check') && method !== 'check') throw usageError(`--check and --call=${name} are two different questions`);
  const asked = new Map(settings.map(splitPair));
  for (const [key, value] of asked) if (!FITTING[key]?.test(value)) throw usageError(`--call has no setting ${key}=${value}`, SETTINGS);
  if (method === 'build') return undefined;
  return { method, json: asked.get('format') === 'json', ignoreStatus: /^(?:1|true)$/.test(asked.get('ignorestatus') ?? '') };
}

const FITTING: Readonly<Record<string, RegExp>> = { format: /^(?:json|text)$/, ignorestatus: /^(?:0|1|true|false)$/ };
const SETTINGS = 'It knows format=json and ignorestatus=true.';
