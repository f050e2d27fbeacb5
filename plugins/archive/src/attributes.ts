import { type ExportRequest, VarveError } from '@varve/core';

/** @throws VarveError `EXPORT_ATTRIBUTE` for an attribute that this output does not know */
export function attributesOf(request: ExportRequest, known: readonly string[]): Readonly<Record<string, string | undefined>> {
  const attributes = request.attributes ?? {};
  for (const name of Object.keys(attributes))
    if (!known.includes(name) && name !== 'type' && name !== 'dest')
      throw new VarveError('EXPORT_ATTRIBUTE', `Output type=${request.type} has no attribute "${name}"`, {
        hint: known.length > 0 ? `It knows ${known.join(', ')}.` : undefined,
      });
  return attributes;
}

/** @throws VarveError `EXPORT_ATTRIBUTE` */
export function isTrue(text: string | undefined, fallback: boolean): boolean {
  if (text === undefined) return fallback;
  if (/^(?:1|t|true)$/i.test(text)) return true;
  if (/^(?:0|f|false)$/i.test(text)) return false;
  throw new VarveError('EXPORT_ATTRIBUTE', `Expected true or false, found ${JSON.stringify(text)}`);
}
