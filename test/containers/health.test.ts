import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { type ContainerBench, once, onEach } from './container-bench.ts';

const statusOf = (bench: ContainerBench): Promise<string> => bench.must(['ps', '-a', '--format', '{{.Status}}']);

async function until(bench: ContainerBench, expected: RegExp): Promise<string> {
  for (const end = Date.now() + 60_000; ; await sleep(50)) {
    const status = (await statusOf(bench)).trim();
    if (expected.test(status) || Date.now() > end) return status;
  }
}

onEach(test, 'a container is starting, healthy and unhealthy, as its check says', async (t, bench) => {
  const often = ['--health-interval', '100ms', '--health-retries', '2', '--health-start-period', '10m', '--health-start-interval', '100ms'];
  const check = 'echo "$GIVEN" here; test -e /ok';
  await bench.must(['run', '-d', '--name', 'one', '-e', 'GIVEN=it is', '--health-cmd', check, ...often, 'busybox', 'sleep', '600']);
  t.regex(await until(bench, /starting/), /^Up .* \(health: starting\)$/);
  await bench.must(['exec', 'one', 'touch', '/ok']);
  t.regex(await until(bench, /\(healthy/), /^Up .* \(healthy\)$/);
  t.is(await bench.must(['inspect', '-f', '{{.State.Health.Status}} {{.State.Health.FailingStreak}}', 'one']), 'healthy 0\n');
  t.is(await bench.must(['ps', '-q', '--filter', 'health=unhealthy']), '');

  await bench.must(['exec', 'one', 'rm', '/ok']);
  t.regex(await until(bench, /unhealthy/), /^Up .* \(unhealthy\)$/);
  t.is(await bench.must(['ps', '--filter', 'health=unhealthy', '--format', '{{.Names}}']), 'one\n');
  const [{ State, Config }] = JSON.parse(await bench.must(['inspect', 'one']));
  t.true(State.Health.FailingStreak >= 2 && State.Health.Log.length <= 5);
  t.like(State.Health.Log.at(-1), { ExitCode: 1, Output: 'it is here\n' });
  t.deepEqual(Config.Healthcheck.Test, ['CMD-SHELL', check]);

  await bench.must(['pause', 'one']);
  t.regex(await statusOf(bench), /^Up .* \(Paused\)$/m);
  await bench.must(['unpause', 'one']);
  await bench.must(['exec', 'one', 'touch', '/ok']);
  t.regex(await until(bench, /\(healthy/), /\(healthy\)$/);
  await bench.must(['kill', 'one']);
  t.is(await bench.must(['inspect', '-f', '{{.State.Status}} {{.State.Health.Status}}', 'one']), 'exited unhealthy\n');
});

once(test, 'a check that takes too long is ended, and has failed', async (t, bench) => {
  const quick = ['--health-interval', '50ms', '--health-timeout', '200ms', '--health-retries', '1'];
  await bench.must(['run', '-d', '--name', 'one', '--health-cmd', 'echo so far; exec sleep 600', ...quick, 'busybox', 'sleep', '500']);
  t.regex(await until(bench, /unhealthy/), /\(unhealthy\)$/);
  const format = '{{with index .State.Health.Log 0}}{{.ExitCode}} {{.Output}}{{end}}';
  t.is(await bench.must(['inspect', '-f', format, 'one']), '-1 Health check exceeded timeout (0.2s)\n');
});

once(test, 'HEALTHCHECK of an image is asked, unless nobody wants it; without one there is no health', async (t, bench) => {
  bench.write({
    'context/Dockerfile': 'FROM busybox\nHEALTHCHECK --interval=50ms CMD ["test", "-e", "/etc/passwd"]\nCMD exec sleep 600\n',
  });
  await bench.must(['build', '-q', '-t', 'checked', 'context']);
  await bench.must(['run', '-d', '--name', 'one', 'checked']);
  t.regex(await until(bench, /\(healthy/), /\(healthy\)$/);
  await bench.must(['rm', '-f', 'one']);
  const format = '{{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}}';
  for (const args of [
    ['--no-healthcheck', 'checked'],
    ['busybox', 'sleep', '600'],
  ]) {
    await bench.must(['run', '-d', '--name', 'none', ...args]);
    t.is(await bench.must(['inspect', '-f', format, 'none']), 'none\n');
    t.is(await bench.must(['ps', '--filter', 'health=none', '--format', '{{.Names}}']), 'none\n');
    t.false((await statusOf(bench)).includes('health'));
    await bench.must(['rm', '-f', 'none']);
  }
});
