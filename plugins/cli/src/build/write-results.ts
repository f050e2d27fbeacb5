import { writeFile } from 'node:fs';
import { promisify } from 'node:util';
import { type BuildRequest, type BuildResult, type Invocation, messageOf, VarveError } from '@varve/core';
import { isTalking, textOf } from '@varve/core/command';
import { familiarName } from '@varve/core/image';
import { writesToStdout } from './read-outputs.ts';

/** The ID on stdout, where no output goes there; what it is called on stderr; the files that were asked for. Returns the lines for stderr. */
export async function writeResults(
  result: BuildResult,
  request: BuildRequest,
  { values, stdout, stderr }: Invocation,
): Promise<readonly string[]> {
  const iidfile = textOf(values, 'iidfile');
  const metadata = textOf(values, 'metadata-file');
  if (iidfile !== undefined) await write(iidfile, result.id);
  if (metadata !== undefined) await write(metadata, `${JSON.stringify(metadataOf(result, request), null, 2)}\n`);
  const said = isTalking(values) ? saidOf(result, request) : [];
  for (const line of said) stderr.write(`${line}\n`);
  if (!writesToStdout(request.outputs ?? [])) stdout.write(`${result.id}\n`);
  return said;
}

async function write(path: string, text: string): Promise<void> {
  try {
    await promisify(writeFile)(path, text);
  } catch (cause) {
    throw new VarveError('OUTPUT_FAILED', `The image is built, but ${path} cannot be written: ${messageOf(cause)}`, { cause });
  }
}

function saidOf({ outputs: results }: BuildResult, { outputs = [] }: BuildRequest): readonly string[] {
  const namesOf = (type: string) => outputs.flatMap((output) => (output.type === type ? (output.names ?? []) : []));
  return [
    ...namesOf('image').map((name) => `Named ${familiarName(name)}`),
    ...namesOf('registry').map((name) => `Pushed ${familiarName(name)}`),
    ...results.flatMap(({ dest }) => (dest !== undefined && dest !== '-' ? [`Wrote ${dest}`] : [])),
  ];
}

/** In the words of buildx. The manifest is the one in the registry where there is one: its layers are compressed. */
function metadataOf(
  { id, index, descriptor: here, outputs: results }: BuildResult,
  { outputs = [] }: BuildRequest,
): Readonly<Record<string, unknown>> {
  const names = [...new Set(outputs.flatMap((output) => output.names ?? []))];
  const descriptor = results.find(({ exporter }) => exporter === 'registry')?.descriptor ?? here;
  return {
    ...(index === undefined && { 'containerimage.config.digest': id }),
    'containerimage.descriptor': descriptor,
    'containerimage.digest': descriptor.digest,
    ...(names.length > 0 && { 'image.name': names.join(',') }),
  };
}
