/** What a stranger wrote, fit for a terminal: no control characters, no direction marks, not endless. */
export const visibleText = (text: string, limit = 300): string => {
  const plain = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return plain.length > limit ? `${plain.slice(0, limit)}…` : plain;
};
