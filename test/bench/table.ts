/** A Markdown table whose columns are as wide as their widest cell. The first column is text, the others are set to the right. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(3, title.length, ...rows.map((row) => (row[column] ?? '').length)));
  const pad = (text: string, column: number) => (column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0));
  const line = (cells: readonly string[]) => `| ${head.map((_, column) => pad(cells[column] ?? '', column)).join(' | ')} |`;
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

/** Seconds with three significant digits: `0.071`, `1.25`, `61.5`. */
export function seconds(value: number): string {
  if (Number.isNaN(value)) return '–';
  return value < 1 ? value.toFixed(3) : value < 10 ? value.toFixed(2) : value.toFixed(1);
}

/** A ratio with two digits after the point, more where it is very small. */
export function ratio(value: number): string {
  if (Number.isNaN(value)) return '–';
  return value < 0.1 ? value.toFixed(3) : value.toFixed(2);
}
