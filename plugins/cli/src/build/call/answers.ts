import { basename } from 'node:path';
import { excerpt, layOut } from '@varve/core/command';
import type { LintResult, Outline, Target } from '@varve/frontend-dockerfile/api';

/** For programs, with BuildKit's names, and for people. */
export interface Answer {
  readonly data: unknown;
  readonly lines: string;
}

/** As BuildKit's tables: columns are three apart. */
const table = (rows: readonly (readonly string[])[]): string => layOut(rows, { least: 0 });
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const lineOf = (line: number, last = line) => ({ ranges: [{ start: { line }, end: { line: last } }] });

/** The stages of a file. */
export function targetsAnswer(targets: readonly Target[], text: string): Answer {
  const data = targets.map(({ name, isDefault, description, base, platform, line }) => ({
    ...(name !== undefined && { name }),
    ...(isDefault && { default: true }),
    ...(description !== undefined && { description }),
    base,
    ...(platform !== undefined && { platform }),
    location: lineOf(line),
  }));
  const rows = targets.map(({ name, isDefault, description = '' }) => [nameOf(name, isDefault), description]);
  return { data: { targets: data, sources: [base64(text)] }, lines: table([['TARGET', 'DESCRIPTION'], ...rows]) };
}

const nameOf = (name: string | undefined, isDefault: boolean): string =>
  [name, isDefault ? '(default)' : undefined].filter((part) => part !== undefined).join(' ');

/** What a stage can be given. */
export function outlineAnswer({ target, args, secrets, ssh, caches }: Outline, text: string): Answer {
  const { name, description } = target;
  const asked = (all: Outline['secrets']) =>
    all.map(({ id, required, line }) => ({
      name: id,
      ...(required && { required }),
      ...(line !== undefined && { location: lineOf(line) }),
    }));
  const data = {
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    args: args.map(({ line, ...argument }) => ({ ...argument, location: lineOf(line) })),
    ...(secrets.length > 0 && { secrets: asked(secrets) }),
    ...(ssh.length > 0 && { ssh: asked(ssh) }),
    ...(caches.length > 0 && { cache: caches.map(({ id }) => ({ ID: id })) }),
    sources: [base64(text)],
  };
  const head = [['TARGET:', name ?? '(default)'], ...(description === undefined ? [] : [['DESCRIPTION:', description]])];
  const tables = [
    name === undefined && description === undefined ? [] : head,
    under(
      ['BUILD ARG', 'VALUE', 'DESCRIPTION'],
      args.map((one) => [one.name, one.value ?? '', one.description ?? '']),
    ),
    under(
      ['SECRET', 'REQUIRED'],
      secrets.map(({ id, required }) => [id, required ? 'true' : '']),
    ),
    under(
      ['SSH', 'REQUIRED'],
      ssh.map(({ id, required }) => [id, required ? 'true' : '']),
    ),
  ];
  return {
    data,
    lines: tables
      .filter((rows) => rows.length > 0)
      .map((rows) => `${table(rows)}\n`)
      .join(''),
  };
}

const under = (heading: readonly string[], rows: readonly (readonly string[])[]): readonly (readonly string[])[] =>
  rows.length === 0 ? [] : [heading, ...rows];

/** What rules found, and why no build of the file can succeed. */
export function checkAnswer({ findings, error }: LintResult, { file, text }: { readonly file: string; readonly text: string }): Answer {
  const files = [...new Set([file, ...findings.map(({ source }) => source.file)])];
  const warnings = findings.map(({ rule, description, url, detail, source: { file: of, startLine, endLine } }) => ({
    ruleName: rule,
    description,
    ...(url !== undefined && { url }),
    detail,
    location: { sourceIndex: files.indexOf(of), ...lineOf(startLine, endLine) },
  }));
  const sources = files.map((name) => ({ filename: name, language: 'Dockerfile', ...(name === file && { data: base64(text) }) }));
  const failure = error === undefined || error.code === 'FRONTEND_LINT' ? undefined : error;
  const buildError = failure && {
    message: failure.message,
    ...(failure.source && { location: lineOf(failure.source.startLine, failure.source.endLine) }),
  };
  const parts = findings.map(({ rule, detail, url, source }) => {
    const [place = '', ...shown] = excerpt(source);
    return [`${rule}: ${detail} (line ${source.startLine})`, ...(url === undefined ? [] : [url]), basename(place), ...shown, ''].join('\n');
  });
  const found = findings.length === 1 ? '1 warning has been found!' : `${findings.length} warnings have been found!`;
  const summary =
    findings.length > 0 ? [`Check complete, ${found}\n`] : failure === undefined ? ['Check complete, no warnings found.\n'] : [];
  return { data: { warnings, sources, ...(buildError && { buildError }) }, lines: [...summary, ...parts].join('\n') };
}
