import { posix } from 'node:path';
import { VarveError } from '../src/errors.ts';
import type { ContainerConfig, Healthcheck } from './config.ts';
import { parseDuration } from './duration.ts';
import { patchConfig } from './mutate.ts';
import { splitWords } from './split-words.ts';

type Change = (rest: string, config: ContainerConfig) => Partial<ContainerConfig>;

/** The instructions that docker allows in `import --change` and `commit --change`. */
const CHANGES: Readonly<Record<string, Change>> = {
  CMD: (rest) => ({ Cmd: execOrShell(rest) }),
  ENTRYPOINT: (rest) => ({ Entrypoint: execOrShell(rest) }),
  ENV: (rest, config) => ({ Env: pairs(rest, config).map(([name, value]) => `${name}=${value}`) }),
  EXPOSE: (rest, config) => ({ ExposedPorts: keys(words(rest, config).flatMap(ports)) }),
  HEALTHCHECK: (rest) => ({ Healthcheck: healthcheck(rest) }),
  LABEL: (rest, config) => ({ Labels: Object.fromEntries(pairs(rest, config)) }),
  ONBUILD: (rest, config) => ({ OnBuild: [...(config.OnBuild ?? []), rest] }),
  STOPSIGNAL: (rest, config) => ({ StopSignal: one(rest, config) }),
  USER: (rest, config) => ({ User: one(rest, config) }),
  VOLUME: (rest, config) => ({ Volumes: keys(execForm(rest) ?? words(rest, config)) }),
  WORKDIR: (rest, config) => ({ WorkingDir: posix.resolve(config.WorkingDir ?? '/', one(rest, config)) }),
};

/**
 * A config with Dockerfile instructions applied, as docker's `import --change` and `commit --change` do it.
 * @throws VarveError `CHANGE_INVALID`
 */
export function applyChanges(config: ContainerConfig, changes: readonly string[]): ContainerConfig {
  const lines = changes.flatMap((change) => change.split('\n')).map((line) => line.trim());
  return lines.filter((line) => line !== '').reduce(applyChange, config);
}

function applyChange(config: ContainerConfig, line: string): ContainerConfig {
  const [, name = '', rest = ''] = /^(\S+)\s*(.*)$/s.exec(line) ?? [];
  const change = CHANGES[name.toUpperCase()];
  if (change === undefined)
    throw new VarveError('CHANGE_INVALID', `${name.toUpperCase()} is not a valid change command`, {
      hint: `Valid are ${Object.keys(CHANGES).join(', ')}.`,
    });
  if (rest === '') throw new VarveError('CHANGE_INVALID', `Expected an argument after ${name.toUpperCase()}, found none`);
  return patchConfig(config, change(rest, config));
}

const words = (rest: string, config: ContainerConfig): readonly string[] => {
  const values = new Map((config.Env ?? []).map((entry) => [entry.split('=', 1)[0] ?? '', entry.slice(entry.indexOf('=') + 1)]));
  return splitWords(rest, (name) => values.get(name));
};

function one(rest: string, config: ContainerConfig): string {
  const [word, ...others] = words(rest, config);
  if (word === undefined || others.length > 0)
    throw new VarveError('CHANGE_INVALID', `Expected one argument, found ${JSON.stringify(rest)}`);
  return word;
}

const keys = (names: readonly string[]): Readonly<Record<string, object>> => Object.fromEntries(names.map((name) => [name, {}]));

/** `NAME=value …`, or the old form `NAME value`. */
function pairs(rest: string, config: ContainerConfig): readonly (readonly [string, string])[] {
  const [first = '', ...others] = words(rest, config);
  if (!first.includes('=') && others.length > 0) return [[first, others.join(' ')]];
  return [first, ...others].map((word) => {
    const equals = word.indexOf('=');
    if (equals < 1) throw new VarveError('CHANGE_INVALID', `Expected NAME=value, found ${JSON.stringify(word)}`);
    return [word.slice(0, equals), word.slice(equals + 1)];
  });
}

function execForm(rest: string): readonly string[] | undefined {
  if (!rest.startsWith('[')) return undefined;
  try {
    const list: unknown = JSON.parse(rest);
    if (Array.isArray(list) && list.every((word) => typeof word === 'string')) return list;
  } catch {
    // as docker: what is no JSON list is a command for the shell
  }
  return undefined;
}
const execOrShell = (rest: string): readonly string[] => execForm(rest) ?? ['/bin/sh', '-c', rest];

/** `80` → `80/tcp`; `8000-8001/udp` → both. */
function ports(text: string): readonly string[] {
  const [, from, to = from, protocol = 'tcp'] = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/i.exec(text) ?? [];
  const [first, last] = [Number(from), Number(to)];
  if (from === undefined || first > last || last > 65535)
    throw new VarveError('CHANGE_INVALID', `Expected a port like 80, 80/udp or 8000-8010, found ${JSON.stringify(text)}`);
  return Array.from({ length: last - first + 1 }, (_, i) => `${first + i}/${protocol.toLowerCase()}`);
}

const DURATIONS: Readonly<Record<string, 'Interval' | 'Timeout' | 'StartPeriod' | 'StartInterval'>> = {
  interval: 'Interval',
  timeout: 'Timeout',
  'start-period': 'StartPeriod',
  'start-interval': 'StartInterval',
};

function healthcheck(rest: string): Healthcheck {
  const [, flags = '', kind = '', command = ''] = /^((?:--\S+\s+)*)(\S+)\s*(.*)$/s.exec(rest) ?? [];
  if (kind.toUpperCase() === 'NONE') return { Test: ['NONE'] };
  if (kind.toUpperCase() !== 'CMD' || command === '')
    throw new VarveError('CHANGE_INVALID', `Expected HEALTHCHECK NONE or CMD command, found ${JSON.stringify(rest)}`);
  const list = execForm(command);
  const settings = flags.trim().split(/\s+/).filter(Boolean).map(healthcheckFlag);
  return { Test: list === undefined ? ['CMD-SHELL', command] : ['CMD', ...list], ...Object.fromEntries(settings) };
}

function healthcheckFlag(flag: string): readonly [string, number] {
  const [, name = '', value = ''] = /^--([a-z-]+)=(.+)$/.exec(flag) ?? [];
  const member = DURATIONS[name];
  if (member !== undefined) return [member, nanoseconds(value)];
  if (name === 'retries' && /^\d+$/.test(value)) return ['Retries', Number(value)];
  throw new VarveError('CHANGE_INVALID', `Expected --interval, --timeout, --start-period, --start-interval or --retries, found ${flag}`);
}

function nanoseconds(text: string): number {
  const duration = parseDuration(text);
  if (duration === undefined)
    throw new VarveError('CHANGE_INVALID', `Expected a duration like 30s or 1m30s, found ${JSON.stringify(text)}`);
  return duration;
}
