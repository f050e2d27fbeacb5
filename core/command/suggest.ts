/** The nearest of the names that exist, where one is near enough to be what was meant. */
export function suggest(word: string, names: readonly string[]): string | undefined {
  const near = names.map((name) => ({ name, distance: distance(word, name) })).sort((a, b) => a.distance - b.distance)[0];
  return near !== undefined && near.distance <= Math.max(1, Math.floor(word.length / 3)) ? near.name : undefined;
}

/** Levenshtein's, over code units. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + Number(a[i - 1] !== b[j - 1]);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

export const didYouMean = (word: string, names: readonly string[]): string => {
  const near = suggest(word, names);
  return near === undefined ? '' : ` (did you mean ${near}?)`;
};
