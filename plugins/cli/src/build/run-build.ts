import { rmSync } from 'node:fs';
import type { Invocation } from '@varve/core';
import { isTalking, listOf, textOf, type Values } from '@varve/core/command';
import { formatPlatform } from '@varve/core/image';
import type { CliOptions } from '../options.ts';
import { keepReceipt } from '../repeat/keep-receipt.ts';
import type { Tale } from '../repeat/tale.ts';
import { IGNORED } from './build-options.ts';
import { readCall } from './call/read-call.ts';
import { buildTargets, openContexts } from './context/open-contexts.ts';
import { openInput } from './context/open-input.ts';
import { TemporaryPlaces } from './context/temporary-places.ts';
import { readRequest, withContextTime } from './read-request.ts';
import { writeResults } from './write-results.ts';

export interface BuildContext {
  readonly options: CliOptions;
  /** Of the build that goes on. */
  readonly tale: Tale;
}

/** `varve build`: reads what is asked for, lets the kernel build, prints. */
export async function runBuild(invocation: Invocation, { options: defaults, tale }: BuildContext): Promise<number> {
  const { host, values, signal } = invocation;
  const call = readCall(values);
  const asked = readRequest(values, defaults, process.env);
  const before = ignoredOf(invocation);
  for (const line of before) invocation.stderr.write(`${line}\n`);
  const iidfile = textOf(values, 'iidfile');
  if (iidfile !== undefined && call === undefined) rmSync(iidfile, { force: true }); // an old ID must not be taken for the result of a build that failed
  await using places = new TemporaryPlaces(host.root);
  const fetching = { places, signal, keepGitDir: isTrue(asked.args.BUILDKIT_CONTEXT_KEEP_GIT_DIR), tell: talker(invocation) };
  if (call !== undefined) {
    const { runCall } = await import('./call/run-call.ts'); // loaded when first needed: most builds build
    const { args, target } = asked;
    const platform = asked.platforms.map(formatPlatform)[0];
    return await runCall(call, await openInput(invocation, fetching), { host, stdout: invocation.stdout, args, target, platform });
  }
  const contexts = await openContexts(asked.contexts, fetching);
  const { contextTime, looks, ...input } = await openInput(invocation, fetching);
  const request = await buildTargets({ ...withContextTime(asked, contextTime), ...input, contexts, signal }, host, fetching);
  const result = await host.build(request);
  const after = await writeResults(result, request, invocation);
  if (looks !== undefined && defaults.configFile === undefined && values['metadata-file'] === undefined)
    await keepReceipt({ request, result, tale, looks, before, after, iidfile }, host);
  return 0;
}

const isTrue = (text: string | undefined): boolean => /^(?:1|t|true)$/i.test(text ?? '');

const talker =
  ({ values, stderr }: Invocation) =>
  (line: string) =>
    void (isTalking(values) && stderr.write(`${line}\n`));

/** Options that mean nothing here are named once, so that nobody believes they worked. */
function ignoredOf({ values }: Invocation): readonly string[] {
  const names = IGNORED.filter((name) => asksFor(values, name)).map((name) => `--${name}`);
  return names.length > 0 && isTalking(values) ? [`Note: without effect here: ${names.join(', ')}`] : [];
}

/** `--provenance=false` asks for nothing, so there is nothing to say. */
function asksFor(values: Values, name: string): boolean {
  if (!ATTESTATIONS.includes(name)) return values[name] !== undefined;
  return listOf(values, name).some((text) => !/^(?:0|f|false)$/i.test(text) && !/(?:^|,)disabled=(?:1|t|true)(?:,|$)/i.test(text));
}
const ATTESTATIONS = ['attest', 'provenance', 'sbom'];
