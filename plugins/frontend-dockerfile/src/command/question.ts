export type Question = Readonly<Record<string, unknown>>;

const member = (question: Question, name: string): unknown => (Object.hasOwn(question, name) ? (question[name] ?? undefined) : undefined);

/** @throws TypeError if it is no text, or absent without a default */
export function text(question: Question, name: string, otherwise?: string): string {
  const value = member(question, name) ?? otherwise;
  if (typeof value === 'string') return value;
  throw new TypeError(`"${name}" should be text`);
}

export const optionalText = (question: Question, name: string): string | undefined =>
  member(question, name) === undefined ? undefined : text(question, name);

/** @throws TypeError if it is no list of texts */
export function strings(question: Question, name: string): readonly string[] {
  const value = member(question, name);
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value;
  throw new TypeError(`"${name}" should be a list of texts`);
}

/** Names and texts; none where it is absent. @throws TypeError if it is something else */
export function records(question: Question, name: string): Readonly<Record<string, string>> {
  const value = member(question, name) ?? {};
  if (typeof value !== 'object' || Array.isArray(value)) throw new TypeError(`"${name}" should be an object of texts`);
  for (const [key, each] of Object.entries(value)) if (typeof each !== 'string') throw new TypeError(`"${name}.${key}" should be text`);
  return value as Readonly<Record<string, string>>; // every member was looked at
}
