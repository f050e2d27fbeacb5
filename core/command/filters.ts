import { matchGlob } from '../archive/index.ts';
import { shownName } from './image-names.ts';

/** Whether a name is one that a user's pattern means: `busybox`, `busybox:1.*`, `acme/*`. */
export function matchesReference(name: string, pattern: string): boolean {
  const { repository, tag } = shownName(name);
  const candidates = [repository, `${repository}:${tag}`, name, name.replace(/:[^/:]*$/, '')];
  return candidates.some((candidate) => candidate === pattern || matchGlob(pattern, candidate));
}

export interface LabelFilter {
  readonly name: string;
  readonly value?: string | undefined;
}
export function parseLabelFilter(text: string): LabelFilter {
  const at = text.indexOf('=');
  return at === -1 ? { name: text } : { name: text.slice(0, at), value: text.slice(at + 1) };
}
export const hasLabel = (labels: Readonly<Record<string, string>>, { name, value }: LabelFilter): boolean =>
  Object.hasOwn(labels, name) && (value === undefined || labels[name] === value);
