import type { ExportRequest } from '@varve/core';
import { usageError } from '../usage-error.ts';
import { readFields } from './csv.ts';

/** What `-o` and `-t` ask for. Without `-o` the image is kept on this host, under the names. */
export function readOutputs(outputs: readonly string[], names: readonly string[]): readonly ExportRequest[] {
  if (outputs.length === 0) return [{ type: 'image', names }];
  return outputs.map((output) => readOutput(output, names));
}

/** `type=oci,dest=x.tar`; a path alone is a directory for the files, `-` a tar of them on stdout. */
function readOutput(output: string, names: readonly string[]): ExportRequest {
  if (output === '-') return { type: 'tar', dest: '-' };
  if (!output.includes('=')) return { type: 'local', dest: output };
  const { type, dest, name, ...attributes } = Object.fromEntries(readFields(output));
  if (type === undefined || type === '') throw usageError(`--output expects type=<type>[,dest=<path>], found ${JSON.stringify(output)}`);
  const own = name === undefined ? names : name.split(',').filter((one) => one !== '');
  return { type, names: own, attributes, ...(dest === undefined ? stdoutFor(type) : { dest }) };
}

/** Archives without a destination go to stdout, as with buildx. */
const stdoutFor = (type: string): { readonly dest?: string } => (['tar', 'oci', 'docker'].includes(type) ? { dest: '-' } : {});

export const writesToStdout = (outputs: readonly ExportRequest[]): boolean => outputs.some(({ dest }) => dest === '-');
