import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Command, type Invocation, VarveError } from '@varve/core';
import { DirectoryTree, readFile as readFromTree } from '@varve/core/archive';
import type { Toolbox } from '../dockerfile-frontend.ts';
import type { Finding } from '../lint/linter.ts';
import { lintDockerfile } from '../lint-dockerfile.ts';
import { excerpt } from './excerpt.ts';

/** Bytes; a Dockerfile is written by people. */
const LARGEST = 16 << 20;

/** `varve dockerfile check`: what the rules find, without a build. */
export const checkCommand = (toolbox: () => Toolbox): Command => ({
  name: 'dockerfile check',
  summary: 'Check a Dockerfile without building it',
  usage: '[context]',
  options: {
    file: { type: 'string', short: 'f', description: 'Dockerfile (default: <context>/Dockerfile)', value: '<file>' },
    'build-arg': { type: 'string', multiple: true, description: 'value of a build argument', value: '<name>=<value>' },
    target: { type: 'string', description: 'check only what this stage needs', value: '<stage>' },
    platform: { type: 'string', description: 'platform that is built for', value: '<platform>' },
    json: { type: 'boolean', description: 'print the findings as JSON' },
  },
  async run(invocation) {
    const { values, positionals, stdout } = invocation;
    const context = positionals[0] ?? '.';
    const path = typeof values.file === 'string' ? values.file : join(context, 'Dockerfile');
    const text = await readText(path, invocation);
    const read = contextReader(context);
    const file = path === '-' ? 'Dockerfile' : path;
    const { findings, error } = await lintDockerfile(
      {
        text,
        file,
        ignore:
          (path === '-' ? undefined : await readOrNothing(`${path}.dockerignore`)) ??
          (await read('.dockerignore')) ??
          (await read('.containerignore')),
        args: readArguments(values['build-arg']),
        target: optional(values.target),
        platform: optional(values.platform),
        readContext: read,
      },
      toolbox(),
    );
    stdout.write(values.json === true ? `${JSON.stringify(findings.map(plain))}\n` : await report(findings, { text, file, read }));
    if (error !== undefined && error.code !== 'FRONTEND_LINT') throw error;
    return findings.length === 0 ? 0 : 1;
  },
});

type Values = Invocation['values'];
const optional = (value: Values[string]): string | undefined => (typeof value === 'string' ? value : undefined);

/** A name without a value takes it from the environment, as `build` does. */
function readArguments(value: Values[string]): Readonly<Record<string, string>> {
  const given = Array.isArray(value) ? (value as readonly string[]) : [];
  return Object.fromEntries(
    given.flatMap((word): readonly (readonly [string, string])[] => {
      const at = word.indexOf('=');
      if (at >= 0) return [[word.slice(0, at), word.slice(at + 1)]];
      const inherited = process.env[word];
      return inherited === undefined ? [] : [[word, inherited]];
    }),
  );
}

const plain = ({ rule, detail, source, url }: Finding) => ({ rule, detail, file: source.file, line: source.startLine, url });

interface Reported {
  readonly text: string;
  readonly file: string;
  read(path: string): Promise<string | undefined>;
}

async function report(findings: readonly Finding[], { text, file, read }: Reported): Promise<string> {
  const count = findings.length === 1 ? '1 warning has been found' : `${findings.length} warnings have been found`;
  if (findings.length === 0) return 'Check complete, no warnings found.\n';
  const parts = [`Check complete, ${count}!\n`];
  for (const { rule, detail, source, url } of findings) {
    const of = source.file === file ? text : await read(source.file);
    const where = `${basename(source.file)}:${source.startLine}\n`;
    const shown = of === undefined ? '' : excerpt(of, source);
    parts.push(`${rule}: ${detail} (line ${source.startLine})\n${url === undefined ? '' : `${url}\n`}${where}${shown}`);
  }
  return parts.join('\n');
}

async function readText(path: string, { stdin }: Invocation): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  if (path !== '-') return (await readOrNothing(path)) ?? missing(path);
  for await (const chunk of stdin) {
    const part = Buffer.from(chunk as Uint8Array | string);
    bytes += part.length;
    if (bytes > LARGEST) throw new VarveError('FRONTEND_LIMIT', `a Dockerfile has at most ${LARGEST} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function missing(path: string): never {
  throw new VarveError('FRONTEND_MISSING', `there is no file ${path}`, { hint: 'Name it: -f <file>' });
}

async function readOrNothing(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new VarveError('FRONTEND_MISSING', `${path} cannot be read`, { cause });
  }
}

/** Never outside of the context, also not through a symlink. */
const contextReader =
  (context: string) =>
  async (path: string): Promise<string | undefined> =>
    (await readFromTree(new DirectoryTree(context), path, LARGEST))?.toString('utf8');
