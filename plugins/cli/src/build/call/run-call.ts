import { type BuildSource, type Host, type Invocation, VarveError } from '@varve/core';
import { DirectoryTree, readFile } from '@varve/core/archive';
import { visible } from '@varve/core/command';
import { DOCKERFILE_TOOLS, type DockerfileTools } from '@varve/frontend-dockerfile/api';
import type { Input } from '../context/open-input.ts';
import { checkAnswer, outlineAnswer, targetsAnswer } from './answers.ts';
import type { Call } from './read-call.ts';

/** Bytes; what instructions read while a file is parsed is text. */
const LARGEST = 4 << 20;

export interface Asked extends Pick<Invocation, 'host' | 'stdout'> {
  readonly args: Readonly<Record<string, string>>;
  readonly target: string | undefined;
  readonly platform: string | undefined;
}

/** Asks whoever reads Dockerfiles about one and prints the answer. Exit code: 1 where a check found something. @throws VarveError `CALL_UNSUPPORTED`, `FRONTEND_…` */
export async function runCall(call: Call, { source, context }: Input, asked: Asked): Promise<number> {
  const { host, stdout, args, target, platform } = asked;
  const tools = toolsOf(host, call);
  const readContext = async (path: string) =>
    context === undefined ? undefined : (await readFile(new DirectoryTree(context), path, LARGEST))?.toString('utf8');
  const text = await source.text();
  const request = { text, file: source.file, ignore: await ignoreOf(source, readContext), args, target, platform, readContext };
  const print = ({ data, lines }: { readonly data: unknown; readonly lines: string }) =>
    void stdout.write(call.json ? `${JSON.stringify(data, null, 2)}\n` : visible(lines));
  if (call.method === 'targets') print(targetsAnswer(tools.targets(request), text));
  else if (call.method === 'outline') print(outlineAnswer(await tools.outline(request), text));
  else {
    const result = await tools.check(request);
    print(checkAnswer(result, { file: source.file, text }));
    const failure = result.error?.code === 'FRONTEND_LINT' ? undefined : result.error;
    if (failure !== undefined && !call.ignoreStatus) throw failure;
    return result.findings.length === 0 || call.ignoreStatus ? 0 : 1;
  }
  return 0;
}

function toolsOf(host: Host, { method }: Call): DockerfileTools {
  try {
    return host.get(DOCKERFILE_TOOLS);
  } catch (cause) {
    if (!VarveError.is(cause) || cause.code !== 'NOT_PROVIDED') throw cause;
    throw new VarveError('CALL_UNSUPPORTED', `No loaded plugin answers --call=${method}`, {
      cause,
      hint: 'Add @varve/frontend-dockerfile to the preset; `varve plugins` lists those that are loaded.',
    });
  }
}

/** As a build finds it: beside the build file, else in the context. */
const ignoreOf = async (source: BuildSource, readContext: (path: string) => Promise<string | undefined>): Promise<string | undefined> =>
  (await source.beside?.('.dockerignore')) ?? (await readContext('.dockerignore')) ?? (await readContext('.containerignore'));
