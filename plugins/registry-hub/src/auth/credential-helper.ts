import { execFile } from 'node:child_process';
import { VarveError } from '@varve/core';
import { visibleText } from '../http/visible-text.ts';
import type { Credentials } from './credentials.ts';

const PATIENCE = 60_000;

/**
 * docker-credential-helpers: the server on stdin, JSON on stdout. That there is nothing for a server is no error.
 * @throws VarveError `REGISTRY_CREDENTIALS`
 */
export async function askHelper(name: string, server: string): Promise<Credentials | undefined> {
  const program = programOf(name);
  const { code, stdout, stderr } = await runHelper(program, 'get', server);
  if (code !== 0 && /credentials not found/i.test(stdout + stderr)) return undefined;
  if (code !== 0)
    throw new VarveError('REGISTRY_CREDENTIALS', `${program} failed: ${visibleText(stderr || withoutSecret(stdout)) || code}`, {
      hint: 'Is it installed, and does it run here?',
    });
  try {
    const { Username, Secret } = JSON.parse(stdout) as Record<string, unknown>;
    if (typeof Secret !== 'string' || Secret === '') return undefined;
    return Username === '<token>'
      ? { kind: 'token', token: Secret, source: program }
      : { kind: 'password', username: String(Username), password: Secret, source: program };
  } catch {
    throw new VarveError('REGISTRY_CREDENTIALS', `${program} answered something that is no JSON`);
  }
}

/** Helpers say on stdout what they have to say, also why they failed; one that answered before it failed has said something else. */
const withoutSecret = (stdout: string): string => (/"Secret"/i.test(stdout) ? '' : stdout);

interface Telling {
  /** Goes to the program's stdin, never to its arguments. */
  readonly input: string;
  /** What must not come back in a message. */
  readonly secret?: string | undefined;
}

/**
 * Has a helper keep or forget something. Returns the program's name.
 * @throws VarveError `REGISTRY_CREDENTIALS`
 */
export async function tellHelper(name: string, verb: 'store' | 'erase', { input, secret }: Telling): Promise<string> {
  const program = programOf(name);
  const { code, stdout, stderr } = await runHelper(program, verb, input);
  if (code === 0) return program;
  const said = secret === undefined ? stderr || stdout : (stderr || stdout).replaceAll(secret, '***');
  throw new VarveError('REGISTRY_CREDENTIALS', `${program} ${verb} failed: ${visibleText(said) || code}`, {
    hint: 'Is it installed, and does it run here?',
  });
}

function programOf(name: string): string {
  if (/^[\w.-]+$/.test(name)) return `docker-credential-${name}`;
  throw new VarveError('REGISTRY_CREDENTIALS', `${JSON.stringify(name)} is no name of a credential helper`);
}

interface Answer {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}
const runHelper = (program: string, verb: 'get' | 'store' | 'erase', input: string): Promise<Answer> =>
  new Promise((resolve) => {
    const child = execFile(program, [verb], { timeout: PATIENCE, maxBuffer: 1 << 20 }, (failure, stdout, stderr) =>
      resolve({ code: failure === null ? 0 : (failure.code ?? 'killed'), stdout, stderr }),
    );
    child.stdin?.on('error', () => undefined).end(input); // one that does not read says why it ended
  });
