/** Docker's instructions. */
export const KEYWORDS: ReadonlySet<string> = new Set([
  'ADD',
  'ARG',
  'CMD',
  'COPY',
  'ENTRYPOINT',
  'ENV',
  'EXPOSE',
  'FROM',
  'HEALTHCHECK',
  'LABEL',
  'MAINTAINER',
  'ONBUILD',
  'RUN',
  'SHELL',
  'STOPSIGNAL',
  'USER',
  'VOLUME',
  'WORKDIR',
]);

/** As nearly everybody writes them: one string for all that are written alike is found in tables by what it is, not by its letters. */
const SPELLINGS: ReadonlyMap<string, string> = new Map(
  [...KEYWORDS].flatMap((word) => [word, word.toLowerCase()]).map((word) => [word, word]),
);

export const spellingOf = (keyword: string): string => SPELLINGS.get(keyword) ?? keyword;
