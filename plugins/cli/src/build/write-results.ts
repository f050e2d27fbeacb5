import { writeFile } from 'node:fs/promises';
import type { BuildRequest, BuildResult, Invocation } from '@varve/core';
import { familiarName } from '@varve/core/image';
import { isTalking, textOf } from '../read-values.ts';
import { writesToStdout } from './read-outputs.ts';

/** The ID on stdout, where no output goes there; what it is called on stderr; the files that were asked for. */
export async function writeResults(result: BuildResult, request: BuildRequest, { values, stdout, stderr }: Invocation): Promise<void> {
  const outputs = request.outputs ?? [];
  const iidfile = textOf(values, 'iidfile');
  const metadata = textOf(values, 'metadata-file');
  if (iidfile !== undefined) await writeFile(iidfile, result.id);
  if (metadata !== undefined) await writeFile(metadata, `${JSON.stringify(metadataOf(result, request), null, 2)}\n`);
  if (isTalking(values)) {
    const names = outputs.flatMap((output) => (output.type === 'image' ? (output.names ?? []) : []));
    for (const name of names) stderr.write(`Named ${familiarName(name)}\n`);
    for (const { dest } of result.outputs) if (dest !== undefined && dest !== '-') stderr.write(`Wrote ${dest}\n`);
  }
  if (!writesToStdout(outputs)) stdout.write(`${result.id}\n`);
}

/** In the words of buildx. */
function metadataOf({ id, descriptor }: BuildResult, { outputs = [] }: BuildRequest): Readonly<Record<string, unknown>> {
  const names = outputs.flatMap((output) => output.names ?? []);
  return {
    'containerimage.config.digest': id,
    'containerimage.digest': descriptor.digest,
    'containerimage.descriptor': descriptor,
    ...(names.length > 0 && { 'image.name': names.join(',') }),
  };
}
