import { type Network, type ProcessSpec, type RunSettings, type RunStep, type SourceRange, VarveError } from '@varve/core';

/** What the step says counts before what was asked for the whole build. */
export const networkOf = (step: RunStep, settings: RunSettings): Network =>
  step.network === 'default' ? (settings.network ?? 'default') : step.network;

interface Place {
  readonly source?: SourceRange | undefined;
}

/** `name:address` or `name=address` (docker's `--add-host`). @throws VarveError `RUN_SETTING` */
export function parseHosts(texts: readonly string[] = [], place: Place = {}): NonNullable<ProcessSpec['hosts']> {
  return texts.map((text) => {
    const [, name, address] = /^([^:=\s]+)[:=]\[?([0-9a-fA-F.:]+)\]?$/.exec(text) ?? [];
    if (name === undefined || address === undefined) throw invalid('a host', 'name:address', text, place);
    return [address, name] as const;
  });
}

/** `type=soft[:hard]` (docker's `--ulimit`); -1 is unlimited. @throws VarveError `RUN_SETTING` */
export function parseUlimits(texts: readonly string[] = [], place: Place = {}): NonNullable<ProcessSpec['ulimits']> {
  return texts.map((text) => {
    const [, type, soft, hard = soft] = /^([a-z]+)=(-1|[0-9]+)(?::(-1|[0-9]+))?$/.exec(text) ?? [];
    if (type === undefined) throw invalid('a limit', 'type=soft[:hard]', text, place);
    return { type, soft: Number(soft), hard: Number(hard) };
  });
}

const invalid = (what: string, form: string, text: string, { source }: Place): VarveError =>
  new VarveError('RUN_SETTING', `Expected ${what} like ${form}, found ${JSON.stringify(text)}`, { source });
