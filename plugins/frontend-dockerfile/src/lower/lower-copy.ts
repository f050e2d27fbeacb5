import type { CopySource, CopyStep, TreeRef } from '@varve/core';
import type { AddInstruction, CopyInstruction } from '../instructions/instruction.ts';
import type { Heredoc } from '../parser/syntax-node.ts';
import { quote } from '../parser/text.ts';
import { layerRow } from './history.ts';
import { resolvePath } from './lower-workdir.ts';
import { gitSource, isGit, isUrl } from './remote-source.ts';
import type { StageScope } from './stage-scope.ts';
import { withoutCredentials } from './without-credentials.ts';

const CONTEXT: TreeRef = { kind: 'context' };
const SYMBOLIC = /^[ugoa]*(?:[-+=](?:[rwxXst]*|[ugo]))+(?:,[ugoa]*(?:[-+=](?:[rwxXst]*|[ugo]))+)*$/;

export function lowerCopy(instruction: CopyInstruction, scope: StageScope): readonly CopyStep[] {
  const paths = instruction.sources.map(scope.expand);
  for (const path of paths) {
    if (isGit(path)) scope.fail("source can't be a git ref for COPY", 'ADD copies from git repositories');
    if (isUrl(path)) scope.fail("source can't be a URL for COPY", 'ADD copies from URLs');
  }
  const from = instruction.from ? treeOf(instruction.from, scope) : CONTEXT;
  const sources = paths.map((path): CopySource => ({ kind: 'path', path }));
  return [transfer(instruction, { scope, paths, sources, from, inputs: paths.length === 0 ? [] : [from] })];
}

function treeOf(from: string, { tree, fail }: StageScope): TreeRef {
  if (!/\$./.test(from)) return tree(from);
  const way = 'define a new stage with FROM using ARG from global scope as a workaround';
  return fail(`variable expansion is not supported for --from, ${way}`, 'ARG X, then FROM $X AS name, then COPY --from=name');
}

export function lowerAdd(instruction: AddInstruction, scope: StageScope): readonly CopyStep[] {
  const paths = instruction.sources.map(scope.expand);
  const checksum = (instruction.checksum && scope.expand(instruction.checksum)) || undefined;
  if (checksum !== undefined) checkChecksum(checksum, paths, scope);
  const { unpack } = instruction;
  // archives of the context are extracted unless told otherwise, downloaded ones only when told to
  const sources = paths.map((path): CopySource => {
    if (isGit(path)) return gitSource(path, { checksum, keepGitDir: instruction.keepGitDir, fail: scope.fail });
    return isUrl(path) ? { kind: 'url', url: path, checksum, unpack } : { kind: 'path', path, unpack: unpack ?? true };
  });
  const inputs = sources.some(({ kind }) => kind === 'path') ? [CONTEXT] : [];
  return [transfer(instruction, { scope, paths, sources, from: CONTEXT, inputs })];
}

function checkChecksum(checksum: string, paths: readonly string[], { fail }: StageScope): void {
  const [path = ''] = paths;
  if (paths.length !== 1) fail("checksum can't be specified for multiple sources");
  if (isGit(path)) return;
  if (!isUrl(path)) fail('checksum requires HTTP(S) or Git sources');
  const reason = whyNoDigest(checksum);
  if (reason !== undefined) fail(`${reason}: ${quote(checksum)}`, 'It is written --checksum=sha256:<64 hex digits>');
}

const HEX_DIGITS: Readonly<Record<string, number>> = { sha256: 64, sha512: 128 };

/** In the words that BuildKit has for it. */
function whyNoDigest(text: string): string | undefined {
  const [, algorithm = '', encoded = ''] = /^([a-z0-9]+(?:[+._-][a-z0-9]+)*):([\w=-]+)$/.exec(text) ?? [];
  if (algorithm === '') return 'invalid checksum digest format';
  const length = Object.hasOwn(HEX_DIGITS, algorithm) ? HEX_DIGITS[algorithm] : undefined;
  if (length === undefined) return 'unsupported digest algorithm';
  if (encoded.length !== length) return 'invalid checksum digest length';
  return /^[0-9a-f]+$/.test(encoded) ? undefined : 'invalid checksum digest format';
}

interface Resolved {
  readonly scope: StageScope;
  /** As written, after expansion. */
  readonly paths: readonly string[];
  readonly sources: readonly CopySource[];
  readonly from: TreeRef;
  readonly inputs: readonly TreeRef[];
}

function transfer(instruction: CopyInstruction | AddInstruction, { scope, paths, sources, from, inputs }: Resolved): CopyStep {
  const { expand } = scope;
  const chown = instruction.chown && expand(instruction.chown);
  const chmod = instruction.chmod && checkMode(expand(instruction.chmod), scope);
  const dest = expand(instruction.dest);
  const documents = instruction.documents.map((document): CopySource => {
    return { kind: 'inline', name: fileName(document, scope), content: scope.expandDocument(document) };
  });
  const parents = (instruction.kind === 'copy' && instruction.parents) || undefined;
  const words = [instruction.kind.toUpperCase()];
  if (parents) words.push('--parents');
  if (chown) words.push(`--chown=${chown}`);
  if (chmod) words.push(`--chmod=${chmod}`);
  words.push(...paths.map(withoutCredentials), ...instruction.documents.map(({ name }) => `<<${name}`), dest);
  return {
    kind: 'copy',
    title: withoutCredentials(instruction.text),
    source: instruction.source,
    history: layerRow(words.join(' ')),
    from,
    inputs,
    sources: documents.length === 0 ? sources : [...sources, ...documents],
    dest,
    chown: chown || undefined,
    chmod: chmod || undefined,
    exclude: instruction.exclude.length === 0 ? undefined : instruction.exclude.map(expand),
    link: instruction.link || undefined,
    parents,
  };
}

/** The delimiter as a file's name, which never leaves the destination. */
function fileName({ name }: Heredoc, { fail }: StageScope): string {
  const path = resolvePath('/', name).slice(1);
  return path === '' ? fail(`a heredoc that is copied cannot be called ${quote(name)}`, '<<name.txt') : path;
}

function checkMode(mode: string, { fail }: StageScope): string {
  if (mode === '' || (/^[0-7]+$/.test(mode) && Number.parseInt(mode, 8) <= 0o7777) || SYMBOLIC.test(mode)) return mode;
  return fail(
    `invalid chmod parameter: '${mode}'. it should be octal string and between 0 and 07777`,
    '--chmod=755 or --chmod=u=rwX,go=rX',
  );
}
