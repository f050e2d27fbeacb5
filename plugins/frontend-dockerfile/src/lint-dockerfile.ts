import { type FrontendRequest, VarveError } from '@varve/core';
import { hostPlatform, type Platform, parsePlatform } from '@varve/core/image';
import { lowerTree, type Toolbox } from './dockerfile-frontend.ts';
import { DOCKER } from './language/language.ts';
import { readCheckOptions } from './lint/check-options.ts';
import { DEFAULT_RULES } from './lint/default-rules.ts';
import { type Finding, Linter } from './lint/linter.ts';
import { parseSyntax } from './parser/parse-syntax.ts';

export interface LintRequest {
  readonly text: string;
  /** As findings name it. Default: `Dockerfile`. */
  readonly file?: string | undefined;
  /** Text of the ignore file. */
  readonly ignore?: string | undefined;
  /** `--build-arg`. */
  readonly args?: Readonly<Record<string, string>> | undefined;
  /** Look at what this stage needs; without it at all stages. */
  readonly target?: string | undefined;
  /** Default: this host's. */
  readonly platform?: string | undefined;
  /** Text of a file of the build context, for instructions that read some. */
  readonly readContext?: FrontendRequest['readContext'] | undefined;
}

export interface LintResult {
  /** By place. */
  readonly findings: readonly Finding[];
  /** Why no build of this file can succeed; findings are those up to there. Also a finding where the file says `error=true`. */
  readonly error?: VarveError | undefined;
}

/** What rules find in a Dockerfile, without a build: no image is looked up, nothing of the context is read. */
export async function lintDockerfile(request: LintRequest, { language, rules }: Toolbox = STANDARD): Promise<LintResult> {
  let linter: Linter | undefined;
  try {
    const tree = parseSyntax(request.text, { file: request.file ?? 'Dockerfile', language });
    linter = new Linter({ rules, options: readCheckOptions(tree, request.args ?? {}), file: tree.file });
    await lowerTree(tree, withoutBuild(request), { language, linter, isCheck: true });
    linter.refuse();
    return { findings: linter.findings() };
  } catch (failure) {
    if (!VarveError.is(failure)) throw failure;
    return { findings: linter?.findings() ?? [], error: failure };
  }
}

const STANDARD: Toolbox = { language: DOCKER, rules: DEFAULT_RULES };

/** A build in which every image is there, of the right platform, and says nothing. */
export function withoutBuild({ args = {}, target, platform, ignore, readContext }: LintRequest): FrontendRequest {
  const wanted: Platform = platform ? parsePlatform(platform) : hostPlatform();
  return {
    target: target || undefined,
    args,
    platform: wanted,
    buildPlatform: hostPlatform(),
    contexts: {},
    resolveConfig: async (_, of = wanted) => ({ ...of, config: {}, history: [] }),
    readContext: async (path, name) => (path === '.dockerignore' && name === undefined ? ignore : await readContext?.(path, name)),
    readBeside: async () => undefined,
    warn: () => {},
  };
}
