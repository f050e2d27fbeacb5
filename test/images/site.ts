import type { Outcome } from '../helpers/varve.ts';
import { Workbench } from '../helpers/varve.ts';

/**
 * A store that all transcripts of a file are asked of: `busybox`, and `acme/app`, built twice, so that its first image has no name any
 * more. Times are those of 1970, so that ages change their text once a year.
 */
export async function prepareStore(): Promise<Workbench> {
  const bench = new Workbench();
  await bench.importBusybox();
  const lines = ['FROM busybox', 'RUN echo hello  >  /a', 'COPY file /file', 'LABEL kind=app', 'CMD ["sh"]'];
  bench.write({ 'context/Dockerfile': lines.join('\n') });
  for (const [epoch, file, ...tags] of [
    ['1000', 'one', '-t', 'acme/app:1'],
    ['2000', 'two!', '-t', 'acme/app:1', '-t', 'acme/app'],
  ] as const) {
    bench.write({ 'context/file': file });
    await bench.must(['build', '-q', '--source-date-epoch', epoch, ...tags, bench.path('context')]);
  }
  return bench;
}

/** What a command printed, with IDs, ages and big sizes in the width that they have, but not their values. */
export function masked({ stdout, stderr, code }: Outcome): string {
  const text = `${stdout}${stderr}${code === 0 ? '' : `exit code ${code}\n`}`;
  return text
    .replace(/[0-9a-f]{64}/g, 'd'.repeat(64))
    .replace(/\b[0-9a-f]{12}\b/g, 'iiiiiiiiiiii')
    .replace(/\d\d years ago/g, 'NN years ago')
    .replace(/\d+(\.\d+)?MB( *)/g, (all) => 'N.NNMB'.padEnd(all.length).slice(0, Math.max(6, all.length)));
}
