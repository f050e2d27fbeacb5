import { usageError } from '@varve/core/command';
import { splitPair } from './csv.ts';

/** `--build-arg`: without `=` the value is this process's own, and where there is none the argument is not set. */
export function readBuildArgs(args: readonly string[], env: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const pairs = args.flatMap((arg): (readonly [string, string])[] => {
    const [name, value] = splitPair(arg);
    if (name === '') throw usageError(`--build-arg expects <name>[=<value>], found ${JSON.stringify(arg)}`);
    if (arg.includes('=')) return [[name, value]];
    const own = env[name];
    return own === undefined ? [] : [[name, own]];
  });
  return Object.fromEntries(pairs);
}

/** `--label`: without `=` the value is empty. */
export function readLabels(option: string, labels: readonly string[]): Readonly<Record<string, string>> {
  for (const label of labels)
    if (label === '' || label.startsWith('=')) throw usageError(`--${option} expects <name>=<value>, found ${JSON.stringify(label)}`);
  return Object.fromEntries(labels.map(splitPair));
}

/** `--build-context`. */
export function readContexts(contexts: readonly string[]): Readonly<Record<string, string>> {
  for (const context of contexts)
    if (!/^[^=]+=.+$/s.test(context))
      throw usageError(`--build-context expects <name>=<directory or image>, found ${JSON.stringify(context)}`);
  return Object.fromEntries(contexts.map(splitPair));
}
