import type { ExportRequest } from '@varve/core';
import { newName, usageError } from '@varve/core/command';
import { formatReference } from '@varve/core/image';
import { readFields, splitCsv, splitPair } from './csv.ts';
import { type Placed, readOutputAnnotation } from './read-annotations.ts';

export interface Wished {
  /** `-t`. */
  readonly names: readonly string[];
  readonly push: boolean;
  readonly load: boolean;
}

export interface Outputs {
  readonly outputs: readonly ExportRequest[];
  /** As outputs may say them (`annotation.<name>=<value>`). */
  readonly annotations: readonly Placed[];
}

/** What `-o`, `-t`, `--push` and `--load` ask for. Without them the image is kept on this host, under the names. @throws VarveError `USAGE` */
export function readOutputs(given: readonly string[], { names, push, load }: Wished): Outputs {
  const annotations: Placed[] = [];
  const outputs = given.flatMap((output) => readOutput(output, { names, annotations }));
  const hasType = (type: string) => outputs.some((output) => output.type === type);
  if (given.length === 0 || (load && !hasType('image'))) outputs.push({ type: 'image', names });
  if (push && !hasType('registry')) outputs.push({ type: 'registry', names: outputs.find(({ type }) => type === 'image')?.names ?? names });
  if (outputs.some((output) => output.type === 'registry' && output.names?.length === 0))
    throw usageError('tag is needed when pushing to registry', 'Add -t <name>, or name=<name> to the output.');
  if (outputs.filter(({ dest }) => dest === '-').length > 1)
    throw usageError('Only one output can go to stdout', 'Give the others dest=<path>.');
  return { outputs, annotations };
}

interface Reading {
  readonly names: readonly string[];
  readonly annotations: Placed[];
}

/** `type=oci,dest=x.tar`; a path alone is a directory for the files, `-` a tar of them on stdout. */
function readOutput(output: string, { names, annotations }: Reading): readonly ExportRequest[] {
  if (output === '-') return [{ type: 'tar', dest: '-' }];
  if (!output.includes('=') || isPath(output)) return [{ type: 'local', dest: output }];
  const { type = '', dest, name, ...rest } = Object.fromEntries(readFields(output));
  if (type === '') throw usageError(`--output expects type=<type>[,dest=<path>], found ${JSON.stringify(output)}`);
  const attributes = takeAnnotations(rest, annotations);
  const own = name === undefined ? names : name.split(',').flatMap((one) => (one === '' ? [] : [formatReference(newName(one))]));
  if (type === 'cacheonly') return [];
  if (type === 'image' || (type === 'docker' && dest === undefined)) return keptHere(attributes, own);
  return [{ type, names: own, attributes, ...(dest === undefined ? stdoutFor(type) : { dest }) }];
}

/** `./a=b`. */
function isPath(output: string): boolean {
  const [name] = splitPair(output);
  return name.includes('/') && splitCsv(output).length === 1;
}

/** Times are made older by SOURCE_DATE_EPOCH in any case; annotations are of what is built, whoever writes it. */
function takeAnnotations(attributes: Readonly<Record<string, string>>, annotations: Placed[]): Record<string, string> {
  const left: Record<string, string> = {};
  for (const [name, value] of Object.entries(attributes)) {
    const annotation = readOutputAnnotation(name, value);
    if (annotation !== undefined) annotations.push(annotation);
    else if (name !== 'rewrite-timestamp') left[name] = value;
  }
  return left;
}

/** What other builders write into their own store is kept in ours: `push=true` takes it to a registry as well. */
function keptHere(attributes: Readonly<Record<string, string>>, names: readonly string[]): readonly ExportRequest[] {
  const { push = 'false', ...rest } = attributes;
  const [unknown] = Object.keys(rest).filter((name) => !KEPT.has(name));
  if (unknown !== undefined) throw usageError(`Output type=image has no attribute "${unknown}"`, `It knows push, ${[...KEPT].join(', ')}.`);
  const pushed = { type: 'registry', names, attributes: pick(rest, ['compression', 'oci-mediatypes']) };
  return [{ type: 'image', names }, ...(/^(?:1|t|true)$/i.test(push) ? [pushed] : [])];
}
/** Of these only what is pushed knows anything. */
const KEPT = new Set(['compression', 'oci-mediatypes', 'unpack', 'store']);

const pick = (from: Readonly<Record<string, string>>, names: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(from).filter(([name]) => names.includes(name)));

/** Archives without a destination go to stdout, as with buildx. */
const stdoutFor = (type: string): { readonly dest?: string } => (['tar', 'oci'].includes(type) ? { dest: '-' } : {});

export const writesToStdout = (outputs: readonly ExportRequest[]): boolean => outputs.some(({ dest }) => dest === '-');
