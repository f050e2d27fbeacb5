import type { ExportRequest } from '@varve/core';
import { didYouMean, newName, usageError } from '@varve/core/command';
import { formatReference, parseReference } from '@varve/core/image';
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
  const written = name?.split(',').filter((one) => one !== '');
  if (isOnText(attributes['push-by-digest'])) return pushedByDigest({ type, attributes, names: written?.map(untagged) ?? names });
  const own = written?.map((one) => formatReference(newName(one))) ?? names;
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

/** Of these only what is pushed knows anything. */
const OF_PUSHED: readonly string[] = ['compression', 'compression-level', 'force-compression', 'oci-mediatypes'];
/** Of these what is kept here: whether, and under which names besides. Snapshots are made when they are needed, whatever is said. */
const OF_KEPT: readonly string[] = ['store', 'unpack', 'name-canonical', 'dangling-name-prefix'];
const KNOWN = ['push', 'push-by-digest', ...OF_KEPT, ...OF_PUSHED];

/** What other builders write into their own store is kept in ours, but with `store=false`: `push=true` takes it to a registry as well. */
function keptHere(attributes: Readonly<Record<string, string>>, names: readonly string[]): readonly ExportRequest[] {
  const unknown = Object.keys(attributes).find((name) => !KNOWN.includes(name));
  if (unknown !== undefined)
    throw usageError(`Output type=image has no attribute "${unknown}"${didYouMean(unknown, KNOWN)}`, `It knows ${KNOWN.join(', ')}.`);
  const isPushed = isOnText(attributes.push);
  if (!isPushed) refuseUnpushed(attributes);
  const named = pick(attributes, ['name-canonical', 'dangling-name-prefix']);
  const kept: ExportRequest = { type: 'image', names, ...(Object.keys(named).length > 0 && { attributes: named }) };
  return [
    ...(isOnText(attributes.store ?? 'true') ? [kept] : []),
    ...(isPushed ? [{ type: 'registry', names, attributes: pick(attributes, OF_PUSHED) }] : []),
  ];
}

/** Layers are kept as they are; what is said of compression counts when they leave. */
function refuseUnpushed(attributes: Readonly<Record<string, string>>): void {
  const { compression = 'gzip', ...others } = pick(attributes, OF_PUSHED);
  const name = ['gzip', 'uncompressed'].includes(compression) ? Object.keys(others).find((one) => one !== 'oci-mediatypes') : 'compression';
  if (name === undefined) return;
  throw usageError(`Output type=image has no ${name}=${attributes[name]} without push=true`, 'Layers are compressed when they are pushed.');
}

/** Under no tag: the repository has it by its digest, and here it has no name either. */
function pushedByDigest({
  type,
  attributes,
  names,
}: ExportRequest & { readonly attributes: Readonly<Record<string, string>> }): readonly ExportRequest[] {
  if (type !== 'image' && type !== 'registry') throw usageError(`Output type=${type} has no attribute "push-by-digest"`);
  if (type === 'registry') return [{ type, names, attributes }];
  const [kept, pushed] = keptHere({ ...attributes, store: 'true' }, names ?? []);
  if (pushed === undefined) throw usageError('push-by-digest needs push=true', 'Add push=true to the output.');
  const here: readonly ExportRequest[] = isOnText(attributes.store ?? 'true') && kept !== undefined ? [kept] : [];
  const isCanonical = isOnText(attributes['name-canonical']);
  return [
    ...here.map((one) => ({ ...one, names: isCanonical ? names : [] })),
    { ...pushed, attributes: { ...pushed.attributes, 'push-by-digest': 'true' } },
  ];
}

function untagged(text: string): string {
  const reference = parseReference(text);
  if (reference.tag === undefined && reference.digest === undefined) return formatReference(reference);
  throw usageError(`can't push tagged ref ${text} by digest`, 'Give the name without a tag.');
}

const isOnText = (text: string | undefined): boolean => /^(?:1|t|true)$/i.test(text ?? '');

const pick = (from: Readonly<Record<string, string>>, names: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(from).filter(([name]) => names.includes(name)));

/** Archives without a destination go to stdout, as with buildx. */
const stdoutFor = (type: string): { readonly dest?: string } => (['tar', 'oci'].includes(type) ? { dest: '-' } : {});

export const writesToStdout = (outputs: readonly ExportRequest[]): boolean => outputs.some(({ dest }) => dest === '-');
