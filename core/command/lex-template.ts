import { templateError } from './template-error.ts';

/** Plain text, or the words between `{{` and `}}`. */
export type Part = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'action'; readonly words: readonly string[] };

const ACTION = /\{\{(-(?=\s))?((?:"(?:\\.|[^"\\])*"|`[^`]*`|(?!\}\})[^"`])*?)((?<=\s)-)?\}\}/gs;
const WORD = /\s+|("(?:\\.|[^"\\])*"|`[^`]*`|-?\d+(?:\.\d+)?|\$?\w*(?:\.[A-Za-z_]\w*)+|\$\w*|[A-Za-z_]\w*|:=|[|(),.=])/gy;

/** Splits a Go template (text/template) into text and actions, with `{{-` and `-}}` trimming done. */
export function lexTemplate(template: string): readonly Part[] {
  const parts: Part[] = [];
  let at = 0;
  let trims = false;
  const addText = (raw: string, trimsEnd: boolean) => {
    const text = trims ? raw.trimStart() : raw;
    parts.push({ kind: 'text', text: trimsEnd ? text.trimEnd() : text });
  };
  for (const match of template.matchAll(ACTION)) {
    addText(template.slice(at, match.index), match[1] !== undefined);
    const body = match[2] ?? '';
    if (!/^\s*\/\*.*\*\/\s*$/s.test(body)) parts.push({ kind: 'action', words: wordsOf(body) });
    at = match.index + match[0].length;
    trims = match[3] !== undefined;
  }
  const rest = template.slice(at);
  if (rest.includes('{{')) throw templateError(`unclosed action in ${JSON.stringify(rest)}`);
  addText(rest, false);
  return parts.filter((part) => part.kind === 'action' || part.text !== '');
}

function wordsOf(body: string): readonly string[] {
  const words: string[] = [];
  WORD.lastIndex = 0;
  while (WORD.lastIndex < body.length) {
    const at = WORD.lastIndex;
    const match = WORD.exec(body);
    if (match === null) throw templateError(`unexpected ${JSON.stringify(body.slice(at, at + 10))} in {{${body}}}`);
    if (match[1] !== undefined) words.push(match[1]);
  }
  return words;
}
