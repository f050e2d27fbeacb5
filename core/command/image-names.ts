import { familiarName, formatReference, type ImageReference, parseReference, withDefaultTag } from '../image/index.ts';

/** Repository and tag as lists show them. */
export interface ShownName {
  readonly repository: string;
  readonly tag: string;
}

export function shownName(name: string): ShownName {
  const { tag, name: repository } = parseReference(name);
  return { repository: familiarName(repository), tag: tag ?? '<none>' };
}

/** The whole name that a user's short one stands for. @throws VarveError `REFERENCE_INVALID` */
export const fullName = (text: string): string => formatReference(withDefaultTag(parseReference(text)));

/** The name that an image gets. @throws VarveError `REFERENCE_INVALID` */
export function newName(text: string): ImageReference {
  return withDefaultTag(parseReference(text));
}

/** The first twelve digits of an ID. */
export const shortId = (id: string): string => id.replace(/^sha(?:256|512):/, '').slice(0, 12);
