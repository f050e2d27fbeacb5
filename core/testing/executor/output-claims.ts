import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Claim } from '../executor-contract.ts';
import { Input } from './held.ts';

const MiB = 1024 * 1024;

/** What goes into a process and comes out of it. */
export function outputClaims(claim: Claim): void {
  claim('10 MiB of binary output arrive whole on both streams', async (t, bench) => {
    const bytes = randomBytes(10 * MiB);
    writeFileSync(join(bench.root, 'big'), bytes);
    const { stdout, stderr } = await bench.sh('cat /big & cat /big >&2; wait');
    const expected = digest(bytes.toString('latin1'));
    t.deepEqual([digest(stdout), digest(stderr)], [expected, expected]);
  });

  claim('output of a process that ends at once is not lost', async (t, bench) => {
    for (let i = 0; i < 10; i += 1) t.is((await bench.sh('printf %s last; exit 1')).stdout, 'last');
  });

  claim('output arrives while the process runs', async (t, bench) => {
    const first = Promise.withResolvers<void>();
    const answer = async function* () {
      await first.promise; // the process waits for this, and this for the process's first line
      yield Buffer.from('second\n');
    };
    let text = '';
    const stdout = (chunk: Uint8Array): void => {
      text += Buffer.from(chunk).toString();
      first.resolve();
    };
    await bench.sh('echo first; read -r line; echo $line', {}, { stdin: answer(), stdout });
    t.is(text, 'first\nsecond\n');
  });

  claim('512 MiB of output pass without being kept', async (t, bench) => {
    let bytes = 0;
    let most = 0;
    const before = process.memoryUsage.rss();
    const count = (chunk: Uint8Array): void => {
      bytes += chunk.length;
      most = Math.max(most, process.memoryUsage.rss() - before);
    };
    await bench.sh('dd if=/dev/zero bs=1M count=512 2>/dev/null', {}, { stdout: count });
    t.is(bytes, 512 * MiB);
    t.true(most < 150 * MiB, `${most} bytes more were in use`);
  });

  claim('output that nobody is ready for waits in the process', async (t, bench) => {
    const gate = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    const controller = new AbortController();
    let bytes = 0;
    const stdout = (chunk: Uint8Array): void => {
      bytes += chunk.length;
      started.resolve();
      if (bytes > 4 * MiB) controller.abort();
    };
    const run = bench.run(['yes'], {}, { stdout, ready: () => gate.promise, signal: controller.signal });
    await started.promise;
    await new Promise((done) => setTimeout(done, 200)); // it would be hundreds of MiB
    t.true(bytes < MiB, `${bytes} bytes`);
    gate.resolve();
    await t.throwsAsync(run, { name: 'AbortError' });
    t.true(bytes > 4 * MiB);
  });

  claim('whoever gives the input is told when no more is wanted', async (t, bench) => {
    const stdin = new Input();
    stdin.send('one line\n');
    t.is((await bench.sh('read -r line; echo "$line"', {}, { stdin })).stdout, 'one line\n');
    t.true(stdin.unwanted);
  });

  claim('the end of the input is the end of the file, and output goes on', async (t, bench) => {
    const stdin = new Input();
    stdin.send('a\n');
    stdin.close();
    t.is((await bench.sh('cat; sleep 0.1; echo more', {}, { stdin })).stdout, 'a\nmore\n');
  });

  claim('without input a process reads the end of the file', async (t, bench) => {
    t.is((await bench.sh('cat; echo end')).stdout, 'end\n');
  });

  claim('input arrives whole', async (t, bench) => {
    const chunk = randomBytes(MiB);
    const source = async function* () {
      for (let i = 0; i < 5; i += 1) yield chunk;
    };
    const { stdout } = await bench.run(['cat'], {}, { stdin: source() });
    t.is(digest(stdout), digest(chunk.toString('latin1').repeat(5)));
  });

  claim('a process that does not read its input ends all the same', async (t, bench) => {
    const endless = async function* () {
      for (;;) yield Buffer.alloc(MiB);
    };
    t.is((await bench.run(['head', '-c', '1'], {}, { stdin: endless() })).stdout, '\0');
    const silent = async function* () {
      yield Buffer.from('x');
      await new Promise(() => undefined);
    };
    t.is((await bench.run(['true'], {}, { stdin: silent() })).exitCode, 0);
  });
}

const digest = (text: string): string => createHash('sha256').update(text, 'latin1').digest('hex');
