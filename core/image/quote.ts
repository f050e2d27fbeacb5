/** What a stranger wrote, as a message may hold it: in quotes, not endless, and nothing in it that a terminal would obey. */
export function quote(value: unknown, limit = 100): string {
  const text = visibleJson(value);
  return text.length > limit + 2 ? `${text.slice(0, limit)}…` : text;
}

function visibleJson(value: unknown): string {
  try {
    return (JSON.stringify(value) ?? String(value)).replace(
      /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
      (char) => `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
    );
  } catch {
    return typeof value; // lists in lists in lists, until the stack ends
  }
}
