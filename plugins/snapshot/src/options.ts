import { VarveError } from '@varve/core';

export interface SnapshotOptions {
  /** What becomes a layer, unless the build says so itself (`layers`). Default `step`. */
  readonly granularity: 'step' | 'stage';
}

/** @throws VarveError `OPTIONS_INVALID` */
export function readOptions(raw: unknown): SnapshotOptions {
  if (raw === undefined) return { granularity: 'step' };
  if (typeof raw !== 'object' || raw === null) throw invalid(`expected an object, found ${JSON.stringify(raw)}`);
  const { granularity = 'step', ...others } = raw as { readonly granularity?: unknown };
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw invalid(`no such option: "${unknown}"`);
  if (granularity === 'step' || granularity === 'stage') return { granularity };
  throw invalid(`granularity: expected "step" or "stage", found ${JSON.stringify(granularity)}`);
}

const invalid = (problem: string): VarveError => new VarveError('OPTIONS_INVALID', problem);
