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
  if (!/^[\w.-]+$/.test(name)) throw new VarveError('REGISTRY_CREDENTIALS', `${JSON.stringify(name)} is no name of a credential helper`);
  const program = `docker-credential-${name}`;
  const { code, stdout, stderr } = await runHelper(program, server);
  if (code !== 0 && /credentials not found/i.test(stdout + stderr)) return undefined;
  if (code !== 0)
    throw new VarveError('REGISTRY_CREDENTIALS', `${program} failed: ${visibleText(stderr || stdout) || code}`, {
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

interface Answer {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}
const runHelper = (program: string, input: string): Promise<Answer> =>
  new Promise((resolve) => {
    const child = execFile(program, ['get'], { timeout: PATIENCE, maxBuffer: 1 << 20 }, (failure, stdout, stderr) =>
      resolve({ code: failure === null ? 0 : (failure.code ?? 'killed'), stdout, stderr }),
    );
    child.stdin?.on('error', () => undefined).end(input); // one that does not read says why it ended
  });
