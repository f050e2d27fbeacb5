import type { CopyStep, KeyParts } from '@varve/core';
import { digestOf } from '@varve/core/image';

/** What a copy does with its files. */
export function describeCopy(step: CopyStep, dest: string): KeyParts {
  const flags = [step.parents && 'parents', step.link && 'link', describeUnpacking(step)].filter(Boolean);
  const inline = step.sources.flatMap((source) =>
    source.kind === 'inline' ? [[`inline ${source.name}`, digestOf(source.content)] as const] : [],
  );
  return {
    dest,
    // A later source replaces what an earlier one put there, so their order counts.
    sources: JSON.stringify(step.sources.map((source) => (source.kind === 'path' ? source.path : source.kind))),
    ...(step.chown && { chown: step.chown }),
    ...(step.chmod && { chmod: step.chmod }),
    ...(flags.length > 0 && { flags: flags.join(' ') }),
    ...(step.exclude?.length && { exclude: JSON.stringify(step.exclude) }),
    ...Object.fromEntries(inline),
  };
}

/** Which sources are extracted, by their place where it is not all of them. */
function describeUnpacking({ sources }: CopyStep): string | undefined {
  const places = sources.flatMap((source, place) => ('unpack' in source && source.unpack ? [place] : []));
  if (places.length === 0) return undefined;
  return places.length === sources.length ? 'unpack' : `unpack=${places.join(',')}`;
}
