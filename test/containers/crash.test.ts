import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { type Outcome, run, VARVE } from '../helpers/varve.ts';
import { type ContainerBench, once, onEach } from './container-bench.ts';

async function supervisorOf(bench: ContainerBench, name: string): Promise<number> {
  const id = (await bench.must(['container', 'inspect', '-f', '{{.Id}}', name])).trim();
  return Number((await run('pgrep', ['-f', `container supervise ${id}`])).stdout.split('\n')[0]);
}

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end && !(await what()); ) await sleep(50);
}

onEach(test, 'a container whose supervisor was killed has ended, leaves nothing, and can be started again', async (t, bench) => {
  await bench.must(['run', '-d', '--name', 'one', 'busybox', 'sh', '-c', 'echo kept >> /file; exec sleep 600']);
  process.kill(await supervisorOf(bench, 'one'), 'SIGKILL');
  await until(async () => (await bench.must(['ps', '-q'])) === '');
  t.deepEqual(await bench.transcript(['ps', '-a', '--format', '{{.Status}}']), ['Exited (137) <age> ago']);
  t.false(readFileSync('/proc/mounts', 'utf8').includes(bench.root));
  t.deepEqual(await bench.transcript(['wait', 'one']), ['137']);
  t.deepEqual(await bench.transcript(['diff', 'one']), ['A /file'], 'what things were mounted on is no change');
  await until(async () => (await run('pgrep', ['-af', `${bench.root}`])).stdout.trim() === '');
  t.deepEqual(await bench.transcript(['start', 'one']), ['one']);
  await bench.must(['stop', '-t', '0', 'one']);
  await bench.must(['commit', 'one', 'after']);
  t.deepEqual(await bench.transcript(['run', '--rm', 'after', 'cat', '/file']), ['kept', 'kept']);
  t.deepEqual(await bench.transcript(['rm', 'one']), ['one']);
});

once(test, 'when the machine comes up again containers are what they were, or have ended', async (t, bench) => {
  const script = 'echo begun; echo kept >> /file; echo kept >> /data/file; exec sleep 600';
  await bench.must(['run', '-d', '--name', 'up', '-v', 'data:/data', 'busybox', 'sh', '-c', script]);
  await bench.must(['run', '-d', '--name', 'still', 'busybox', 'sleep', '600']);
  await bench.must(['pause', 'still']);
  await bench.must(['run', '-d', '--rm', '--name', 'gone', 'busybox', 'sleep', '600']);
  await bench.must(['create', '--name', 'new', 'busybox', 'true']);
  t.is((await bench.varve(['run', '--name', 'done', 'busybox', 'sh', '-c', 'exit 3'])).code, 3);
  await until(async () => (await bench.must(['logs', 'up'])) === 'begun\n');
  stopMachine(bench, await Promise.all(['up', 'still', 'gone'].map((name) => supervisorOf(bench, name))));

  const booted = new Booted(bench);
  await until(async () => (await booted.must(['ps', '-q'])) === '');
  t.deepEqual((await booted.must(['ps', '-a', '--format', '{{.Names}} {{.State}}'])).trim().split('\n').sort(), [
    'done exited',
    'gone exited',
    'new created',
    'still exited',
    'up exited',
  ]);
  t.is(
    await booted.must(['inspect', '-f', '{{.State.ExitCode}} {{.State.Pid}} {{.State.Running}}', 'up', 'done']),
    '137 0 false\n3 0 false\n',
  );
  t.is(await booted.must(['logs', 'up']), 'begun\n');
  t.is((await booted.varve(['exec', 'up', 'true'])).code, 1);
  t.is((await booted.varve(['kill', 'up'])).code, 1, 'whoever has its number now is no affair of ours');

  await booted.must(['start', 'up']);
  t.is(await booted.must(['exec', 'up', 'sh', '-c', 'until [ $(wc -l < /data/file) = 2 ]; do sleep 0.1; done; cat /file']), 'kept\nkept\n');
  t.is(await booted.must(['ps', '--format', '{{.Names}} {{.State}}']), 'up running\n');
  t.is((await booted.varve(['start', '-a', 'done'])).code, 3);
  t.is(await booted.must(['rm', 'still', 'new']), 'still\nnew\n');
  t.is(
    await booted.must(['ps', '-a', '--format', '{{.Names}}']),
    'done\nup\n',
    'what was to go at its end has gone with the first that tidied up',
  );
  await booted.must(['rm', '-f', 'up', 'done']);
});

/** Kills all there is of containers at once, as a power cut does; their numbers in the tables are soon those of others. */
function stopMachine(bench: ContainerBench, supervisors: readonly number[]): void {
  for (const pid of supervisors) process.kill(pid, 'SIGKILL');
  using database = new DatabaseSync(join(bench.root, 'db/containers.sqlite'), { timeout: 20_000 });
  for (const member of ['$.pid', '$.supervisor'])
    database.prepare(`UPDATE containers SET state = json_replace(state, '${member}', ?)`).run(process.pid);
}

/** The command line on a machine that has been started anew, by what tells programs so. */
class Booted {
  readonly #bench: ContainerBench;

  constructor(bench: ContainerBench) {
    this.#bench = bench;
    bench.write({ boot: '7e57b007-0000-4000-8000-000000000000\n' });
  }

  varve(args: readonly string[]): Promise<Outcome> {
    const { root, folder } = this.#bench;
    const script = 'mount --bind "$0" /proc/sys/kernel/random/boot_id && exec "$@"';
    const command = [process.execPath, ...VARVE, '--root', root, ...args];
    return run('unshare', ['--mount', 'sh', '-c', script, this.#bench.path('boot'), ...command], { cwd: folder });
  }

  async must(args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.varve(args);
    if (code !== 0) throw new Error(`varve ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
    return stdout;
  }
}

once(test, 'a container is stopped, not killed, when its supervisor is asked to end', async (t, bench) => {
  await bench.must([
    'run',
    '-d',
    '--name',
    'one',
    'busybox',
    'sh',
    '-c',
    "trap 'echo ending; exit 8' TERM; echo ready; while :; do sleep 0.1; done",
  ]);
  await until(async () => (await bench.must(['logs', 'one'])).includes('ready'));
  process.kill(await supervisorOf(bench, 'one'), 'SIGTERM');
  t.deepEqual(await bench.transcript(['wait', 'one']), ['8']);
  t.deepEqual(await bench.transcript(['logs', 'one']), ['ready', 'ending']);
});

once(test, 'the process and everything it started end with a killed supervisor', async (t, bench) => {
  await bench.must(['run', '-d', '--name', 'one', 'busybox', 'sh', '-c', '(setsid sleep 600 &); exec sleep 600']);
  await bench.must(['exec', '-d', 'one', 'sleep', '600']);
  const pids = (await bench.must(['top', 'one', '-eo', 'pid,comm'])).match(/^\d+/gm)?.map(Number) ?? [];
  t.true(pids.length >= 3, String(pids));
  process.kill(await supervisorOf(bench, 'one'), 'SIGKILL');
  await until(() => pids.every((pid) => !existsSync(`/proc/${pid}`)));
  t.deepEqual(
    pids.filter((pid) => existsSync(`/proc/${pid}`)),
    [],
  );
});

once(test, 'what killed commands were making is taken away by the next one', async (t, bench) => {
  for (const delay of [60, 120, 180, 260, 340]) {
    const kill = new AbortController();
    const made = bench.varve(['create', '-v', '/data', 'busybox', 'true'], { signal: kill.signal });
    await sleep(delay);
    kill.abort('kill');
    await made;
  }
  // A driver that was killed while it tried what the host can do is cleaned up after by the next one, a minute later
  for (const [, target] of readFileSync('/proc/mounts', 'utf8').matchAll(/^\S+ (\S+\/probe-\S+)/gm))
    if (target?.startsWith(bench.root)) await run('umount', [target]);
  await bench.must(['container', 'prune', '-f']);
  t.deepEqual(await bench.transcript(['ps', '-aq']), []);
  const active = join(bench.root, 'snapshots/overlay2/active');
  t.deepEqual(existsSync(active) ? readdirSync(active) : [], []);
});

once(test, 'the end of the command line is not the end of its container', async (t, bench) => {
  const kill = new AbortController();
  const attached = bench.varve(['run', '--name', 'one', 'busybox', 'sh', '-c', 'while [ ! -e /go ]; do sleep 0.1; done; echo went'], {
    signal: kill.signal,
  });
  await until(async () => (await bench.must(['ps', '-q'])) !== '');
  kill.abort('kill');
  await attached;
  t.deepEqual(await bench.transcript(['exec', 'one', 'touch', '/go']), []);
  t.deepEqual(await bench.transcript(['wait', 'one']), ['0']);
  t.deepEqual(await bench.transcript(['logs', 'one']), ['went']);
});
