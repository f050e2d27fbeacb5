import type { Invocation } from '../src/contracts/command.ts';
import { forEach } from './each.ts';
import { goJson } from './go-value.ts';
import { textOf } from './read-values.ts';
import { compileTemplate } from './template.ts';

type Asked = Pick<Invocation, 'positionals' | 'values' | 'stdout' | 'stderr'>;

/**
 * Looks for what each argument names and prints it as docker's `inspect` does: what `--format` says of each on a line of its own, or all
 * of it as JSON. What is not there is told, and keeps nothing else from being shown.
 * @returns 1 if something is not there
 */
export async function inspectEach(asked: Asked, find: (text: string) => Promise<object>): Promise<number> {
  const print = printer(textOf(asked.values, 'format'));
  const found: object[] = [];
  const code = await forEach(asked, async (text) => {
    found.push(await find(text));
    return undefined;
  });
  asked.stdout.write(print(found));
  return code;
}

function printer(format = ''): (found: readonly object[]) => string {
  if (format === '') return (found) => `${JSON.stringify(JSON.parse(goJson(found)), null, 4)}\n`;
  if (format === 'json') return (found) => `${goJson(found)}\n`;
  const show = compileTemplate(format);
  return (found) => found.map((one) => `${show(one)}\n`).join('');
}
