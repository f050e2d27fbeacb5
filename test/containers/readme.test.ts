import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { once } from './container-bench.ts';

const README = join(import.meta.dirname, '../../plugins/containers/README.md');

/** Words of a line as a shell has them; quotes here are single ones. */
const wordsOf = (line: string): readonly string[] =>
  [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');

once(test, 'what the README shows works', async (t, bench) => {
  bench.write({ 'context/Dockerfile': 'FROM busybox\nCMD echo ready; exec sleep 600\n' });
  await bench.must(['build', '-q', '-t', 'acme/app', 'context']);
  const [, block = ''] = /```sh\n(.*?)```/s.exec(readFileSync(README, 'utf8')) ?? [];
  const lines = block.trim().split('\n');
  t.true(lines.length >= 5);
  for (const line of lines) await bench.must(wordsOf(line).slice(1));
  t.deepEqual(await bench.transcript(['run', '--rm', 'acme/app:live', 'sh', '-c', 'cat /etc/app.conf; echo $MODE']), ['settings', 'live']);
});
