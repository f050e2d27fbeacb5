/** As many edits as a typing mistake plausibly has. */
const FARTHEST = 2;
/** Nobody types a longer word by mistake, and comparing it would take long. */
const LONGEST = 100;

/**
 * The option that was probably meant, or nothing where none is near or `word` is one of them. Two letters that changed places are one
 * mistake; of options that are equally near one with the same first letter is likelier.
 */
export function suggest(word: string, options: Iterable<string>, { isCaseSensitive = false } = {}): string | undefined {
  if (word.length > LONGEST) return undefined;
  const fold = (text: string): string => (isCaseSensitive ? text : text.toLowerCase());
  const meant = fold(word);
  const beginsLike = (option: string): boolean => fold(option)[0] === meant[0];
  let best: string | undefined;
  let nearest = FARTHEST;
  for (const option of options) {
    const edits = countEdits(meant, fold(option));
    if (edits === 0) return undefined;
    if (edits > nearest) continue;
    if (best !== undefined && edits === nearest && (beginsLike(best) || !beginsLike(option))) continue;
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

/** Letters that are missing, too many, others or in each other's place. */
function countEdits(left: string, right: string): number {
  if (Math.abs(left.length - right.length) > FARTHEST) return Number.POSITIVE_INFINITY;
  let before: readonly number[] = [];
  let row = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      const isSwapped = i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1];
      const swapped = isSwapped ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      next.push(Math.min(replaced, swapped, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    before = row;
    row = next;
  }
  return row[right.length] ?? 0;
}
