/** A value as Go's `fmt.Print` shows it: `[a b]`, `map[k:v]`, `<no value>`. */
export function goText(value: unknown): string {
  if (value === undefined || value === null) return '<no value>';
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (value instanceof Map) return goText(Object.fromEntries(value));
  if (typeof value === 'object') {
    const pairs = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `map[${pairs.map(([name, member]) => `${name}:${goText(member)}`).join(' ')}]`;
  }
  return String(value);
}

export const goJson = (value: unknown): string =>
  JSON.stringify(value ?? null, (_, member: unknown) => (member instanceof Map ? Object.fromEntries(member) : member));

/** Empty values are false: "", 0, false, nil, and lists and maps without members. */
export function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Map) return value.size > 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}
