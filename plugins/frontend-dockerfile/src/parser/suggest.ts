/** As many edits as a typing mistake plausibly has. */
const FARTHEST = 2;
/** Nobody types a longer word by mistake, and comparing it would take long. */
const LONGEST = 100;

/** The option that was probably meant, or nothing where none is near or `word` is one of them. */
export function suggest(word: string, options: Iterable<string>, { isCaseSensitive = false } = {}): string | undefined {
  if (word.length > LONGEST) return undefined;
  const fold = (text: string): string => (isCaseSensitive ? text : text.toLowerCase());
  const meant = fold(word);
  let best: string | undefined;
  let nearest = FARTHEST + 1;
  for (const option of options) {
    const edits = countEdits(meant, fold(option));
    if (edits === 0) return undefined;
    if (edits >= nearest) continue;
    nearest = edits;
    best = option;
  }
  return best;
}

/** ` (did you mean x?)`, or nothing. */
export function didYouMean(word: string, options: Iterable<string>, how?: { readonly isCaseSensitive: boolean }): string {
  const option = suggest(word, options, how);
  return option === undefined ? '' : ` (did you mean ${option}?)`;
}

function countEdits(left: string, right: string): number {
  if (Math.abs(left.length - right.length) > FARTHEST) return Number.POSITIVE_INFINITY;
  let row = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
