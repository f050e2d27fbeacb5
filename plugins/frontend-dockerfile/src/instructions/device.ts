import { didYouMean } from '../parser/suggest.ts';
import { quote } from '../parser/text.ts';
import { parseBoolean } from './boolean.ts';
import { splitCsv } from './csv.ts';

/** `--device` of RUN: a device by its CDI name (`vendor.com/class=name`) or path. */
export interface Device {
  readonly name: string;
  /** The build fails where it is missing; otherwise it goes on without. */
  readonly required: boolean;
}

type Fail = (message: string, hint?: string) => never;

const HINT = '--device=vendor.com/class=name[,required]';

/** Reads `name[,required]` or `name=name,required=true`: the first field that is no option is the name, also with `=` in it. */
export function parseDevice(text: string, fail: Fail): Device {
  let name = '';
  let required = false;
  for (const field of splitCsv(text) ?? fail(`failed to parse csv devices: ${quote(text)}`, HINT)) {
    const at = field.indexOf('=');
    const key = (at < 0 ? field : field.slice(0, at)).toLowerCase();
    const value = at < 0 ? undefined : field.slice(at + 1);
    if (key === 'required') {
      required = value === undefined || (parseBoolean(value) ?? fail(`invalid value for ${key}: ${value}`));
    } else if (key === 'name' && value !== undefined) {
      if (name !== '') fail(`device name already set to ${name}`);
      name = value;
    } else if (name === '') name = field;
    else if (value === undefined) fail(`invalid field '${field}' must be a key=value pair`, HINT);
    else fail(`unexpected key '${key}' in '${field}'${didYouMean(key, ['name', 'required'])}`, HINT);
  }
  return { name, required };
}
