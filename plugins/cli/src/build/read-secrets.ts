import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type BuildRequest, type SecretSource, VarveError } from '@varve/core';
import { usageError } from '@varve/core/command';
import { splitCsv, splitPair } from './csv.ts';

/** `--secret`: where each is read when it is needed. What is not there is told at once. @throws VarveError `USAGE`, `SECRET_MISSING` */
export function readSecrets(specs: readonly string[], env: NodeJS.ProcessEnv): NonNullable<BuildRequest['secrets']> {
  return Object.fromEntries(specs.map((spec) => readSecret(spec, env)));
}

function readSecret(spec: string, env: NodeJS.ProcessEnv): readonly [string, SecretSource] {
  const { id = '', type, src, env: name } = readFields(spec);
  if (id === '') throw usageError(`--secret expects id=<id>[,src=<path>|,env=<name>], found ${JSON.stringify(spec)}`);
  if (type === 'env' && !name && src) return [id, { env: src }];
  if (src) return [id, fileAt(src)];
  if (name) return [id, { env: name }];
  return [id, env[id] === undefined && type !== 'env' ? fileAt(id) : { env: id }];
}

type Fields = { -readonly [name in 'id' | 'type' | 'src' | 'env']?: string };

const NAMES: Readonly<Record<string, keyof Fields>> = { id: 'id', type: 'type', src: 'src', source: 'src', env: 'env' };

/** In BuildKit's words, which people search for. */
function readFields(spec: string): Fields {
  const fields: Fields = {};
  for (const field of splitCsv(spec)) {
    if (!field.includes('=')) throw usageError(`--secret: invalid field '${field}' must be a key=value pair`);
    const [key, value] = splitPair(field);
    const name = Object.hasOwn(NAMES, key.toLowerCase()) ? NAMES[key.toLowerCase()] : undefined;
    if (name === undefined) throw usageError(`--secret: unexpected key '${key}' in '${field}'`, 'There are id, src, env and type.');
    fields[name] = value;
  }
  if (fields.type !== undefined && fields.type !== 'file' && fields.type !== 'env')
    throw usageError(`--secret: unsupported secret type ${JSON.stringify(fields.type)}`, 'It is file or env.');
  return fields;
}

function fileAt(path: string): SecretSource {
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) return { file: resolve(path) };
  throw new VarveError('SECRET_MISSING', `failed to stat ${path}: no such file or directory`, {
    hint: 'Give the file with src=<path>, or a variable of the environment with env=<name>.',
  });
}

/** `--ssh`: `default`, or an id, with the socket of an agent or private keys. @throws VarveError `USAGE`, `SSH_MISSING` */
export function readAgents(specs: readonly string[], env: NodeJS.ProcessEnv): NonNullable<BuildRequest['ssh']> {
  return Object.fromEntries(specs.map((spec) => readAgent(spec, env)));
}

function readAgent(spec: string, env: NodeJS.ProcessEnv): readonly [string, readonly string[]] {
  const [id, text] = splitPair(spec);
  if (id === '') throw usageError(`--ssh expects default or <id>[=<socket>|<key>,...], found ${JSON.stringify(spec)}`);
  const paths = text.split(',').filter((path) => path !== '');
  if (paths.length > 0) return [id, paths.map((path) => resolve(path))];
  if (env.SSH_AUTH_SOCK) return [id, [env.SSH_AUTH_SOCK]];
  throw new VarveError('SSH_MISSING', 'invalid empty ssh agent socket: make sure SSH_AUTH_SOCK is set', {
    hint: `Start an agent (ssh-agent), or give a private key: --ssh ${id}=<path>.`,
  });
}
