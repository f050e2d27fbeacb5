import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** What the first example of a README prints, and what its comments say that it prints. */
export interface ExampleResult {
  readonly printed: string;
  readonly promised: string;
}

/** Runs the example in the README of the package that holds it, with `root` in the place of the store's root. */
export async function runReadmeExample(readme: URL, root: string): Promise<ExampleResult> {
  const example = /```ts\n(.*?)```/s.exec(readFileSync(readme, 'utf8'))?.[1] ?? '';
  const code = example.replaceAll('/var/lib/varve', root);
  const conditions = process.execArgv.filter((option) => option.startsWith('--conditions'));
  const args = [...conditions, '--input-type=module-typescript', '--eval', code];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: dirname(fileURLToPath(readme)) });
  const promised = [...example.matchAll(/console\.log\(.*\/\/ (.*)/g)].map(([, text]) => text);
  return { printed: stdout.trim(), promised: promised.join('\n') };
}
