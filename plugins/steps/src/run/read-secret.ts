import { readFileSync, statSync } from 'node:fs';
import { messageOf, type Step, type StepInputs, VarveError } from '@varve/core';

/** Bytes; what BuildKit takes. */
const LIMIT = 500 << 10;

/** Whoever wants it, for errors. */
type Placed = Pick<Step, 'source'>;

export interface SecretQuery {
  readonly id: string;
  readonly required: boolean;
}

/**
 * The value of a secret, read now and kept by nobody; `undefined`: it was not given and need not be.
 *
 * @throws VarveError `SECRET_MISSING`, `SECRET_INVALID`
 */
export function readSecret({ id, required }: SecretQuery, step: Placed, inputs: StepInputs): Buffer | undefined {
  const { secrets = {} } = inputs.build.request;
  const from = Object.hasOwn(secrets, id) ? secrets[id] : undefined;
  if (from !== undefined)
    return checked(id, 'env' in from ? readVariable(id, from.env, step, inputs) : readFile(id, from.file, step), step);
  if (!required) return undefined;
  throw new VarveError('SECRET_MISSING', `secret ${id}: not found`, {
    source: step.source,
    hint: `The step requires it: give it with --secret id=${id},src=<path> or --secret id=${id},env=<name>.`,
  });
}

/** What is not set is empty, as for BuildKit, which is seldom meant. */
function readVariable(id: string, name: string, { source }: Placed, inputs: StepInputs): Buffer {
  const value = process.env[name];
  if (value === undefined)
    inputs.warn({ code: 'SECRET_EMPTY', message: `The secret "${id}" is empty: the variable ${name} is not set`, source });
  return Buffer.from(value ?? '');
}

function readFile(id: string, path: string, { source }: Placed): Buffer {
  try {
    return statSync(path).size > LIMIT ? Buffer.alloc(LIMIT + 1) : readFileSync(path); // a pipe has no size
  } catch (cause) {
    throw new VarveError('SECRET_MISSING', `secret ${id}: cannot read ${path}: ${messageOf(cause)}`, { source, cause });
  }
}

function checked(id: string, value: Buffer, { source }: Placed): Buffer {
  if (value.length <= LIMIT) return value;
  throw new VarveError('SECRET_INVALID', `secret ${id} too big. max size 500KB`, { source });
}
