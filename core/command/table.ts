/** Rows under headings, columns at least ten wide (or `least`) and three apart: as docker lays them out. */
export function layOut(rows: readonly (readonly string[])[], { least = 10 }: { readonly least?: number } = {}): string {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, i) => Math.max(least, ...rows.map((row) => (row[i] ?? '').length + 3)));
  const lineOf = (row: readonly string[]) => row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0))).join('');
  return rows.map((row) => `${lineOf(row).trimEnd()}\n`).join('');
}
