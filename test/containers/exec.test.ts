import { spawn } from 'node:child_process';
import { once as eventOf } from 'node:events';
import { readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { VARVE } from '../helpers/varve.ts';
import { type ContainerBench, once, onEach } from './container-bench.ts';

const serve = (bench: ContainerBench, ...args: readonly string[]) => bench.must(['run', '-d', '--name', 'server', ...args]);

onEach(test, 'exec runs beside the first process, with its own user, directory, environment and input', async (t, bench) => {
  await serve(bench, '-e', 'GIVEN=first', '-w', '/srv', 'busybox', 'sleep', '600');
  const exec = async (...args: readonly string[]) => await bench.transcript(['exec', ...args]);
  t.deepEqual(await exec('server', 'sh', '-c', 'id -u; pwd; echo $GIVEN; exit 4'), ['0', '/srv', 'first', 'exit 4']);
  t.deepEqual(await exec('-u', 'user', '-w', '/tmp', '-e', 'GIVEN=second', 'server', 'sh', '-c', 'id -u; pwd; echo $GIVEN'), [
    '1000',
    '/tmp',
    'second',
  ]);
  t.is((await bench.varve(['exec', '-i', 'server', 'cat'], { input: 'text' })).stdout, 'text');
  t.deepEqual(await exec('-d', 'server', 'touch', '/made'), []);
  t.deepEqual(await exec('server', 'sh', '-c', 'while [ ! -e /made ]; do sleep 0.1; done; echo there'), ['there']);
  t.is((await exec('server', 'no-such-program')).at(-1), 'exit 127');
  t.deepEqual(await bench.transcript(['kill', 'server']), ['server']);
  t.deepEqual(await exec('server', 'true'), ['Error: container <id> is not running', 'exit 1']);
});

onEach(test, 'logs are there while a container runs and when it has ended', async (t, bench) => {
  writeFileSync(bench.path('script'), 'echo one; echo two >&2; printf unfinished; while [ ! -e /go ]; do sleep 0.1; done; echo; echo last');
  await serve(bench, '-v', `${bench.path('script')}:/script`, 'busybox', 'sh', '/script');
  const follow = bench.varve(['logs', '-f', 'server']);
  await bench.must(['exec', 'server', 'touch', '/go']);
  t.deepEqual(await follow, { code: 0, stdout: 'one\nunfinished\nlast\n', stderr: 'two\n' });
  t.deepEqual(await bench.transcript(['wait', 'server']), ['0']);
  t.deepEqual(await bench.transcript(['logs', '--tail', '1', 'server']), ['last']);
  t.deepEqual(await bench.transcript(['logs', '-t', '-n', '2', 'server']), ['<time> unfinished', '<time> last']);
  t.deepEqual(await bench.transcript(['logs', '--since', '10h', '--until', '2000-01-01', 'server']), []);
  t.deepEqual((await bench.transcript(['logs', 'nothing']))[0], 'Error: No such container: nothing');
});

once(test, 'Ctrl-C ends at once what only watches, and the container goes on', async (t, bench) => {
  await serve(bench, 'busybox', 'sh', '-c', 'echo running; exec sleep 600');
  for (const [args, stderr] of [
    [['logs', '-f', 'server'], ''],
    [['stats', '--format', 'running', 'server'], ''],
    [['wait', 'server'], 'Error: Stopped by SIGINT\n[ABORTED]\n'],
    [['stop', '-t', '-1', '-s', 'CONT', 'server'], 'Error: Stopped by SIGINT\n[ABORTED]\n'],
  ] as const) {
    const watching = spawn(process.execPath, [...VARVE, '--root', bench.root, ...args], { cwd: bench.folder });
    const texts = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      watching[name].on('data', (chunk: Buffer) => {
        texts[name] += chunk;
      });
    const closed = eventOf(watching, 'close');
    const isWatching = args[0] === 'wait' || args[0] === 'stop' ? () => isConnected(watching.pid) : () => texts.stdout !== '';
    while (!isWatching()) await sleep(50);
    watching.kill('SIGINT');
    t.deepEqual([await closed, texts.stderr], [[130, null], stderr], args[0]);
  }
  t.is(await bench.must(['ps', '--format', '{{.State}}']), 'running\n');
});

/** Besides its three streams it has a socket of its own. */
function isConnected(pid: number | undefined): boolean {
  const dir = `/proc/${pid}/fd`;
  try {
    return readdirSync(dir).filter((fd) => readlinkSync(`${dir}/${fd}`).startsWith('socket:')).length > 3;
  } catch {
    return false; // one was closed meanwhile
  }
}

once(test, 'a log that is bounded keeps the newest lines', async (t, bench) => {
  const limits = ['--log-opt', 'max-size=1k', '--log-opt', 'max-file=2'];
  await bench.must(['run', '--name', 'loud', ...limits, 'busybox', 'seq', '1', '200']);
  const kept = (await bench.must(['logs', 'loud'])).trim().split('\n').map(Number);
  t.deepEqual([kept.at(-1), kept.length > 5, kept.length < 40], [200, true, true]);
  t.deepEqual(
    kept,
    Array.from(kept, (_, i) => 201 - kept.length + i),
  );
});

once(test, 'attach shows what comes, feeds the input and passes signals on', async (t, bench) => {
  await bench.must(['run', '-d', '-i', '--name', 'reader', 'busybox', 'sh', '-c', 'read x; echo "got $x"; exit 5']);
  const outcome = await bench.varve(['attach', 'reader'], { input: 'it\n' });
  t.deepEqual(outcome, { code: 5, stdout: 'got it\n', stderr: '' });
  const script = "trap 'echo caught; exit 9' INT; while :; do echo tick; sleep 0.1; done";
  await bench.must(['run', '-d', '--name', 'trapper', 'busybox', 'sh', '-c', script]);
  const attached = spawn(process.execPath, [...VARVE, '--root', bench.root, 'attach', 'trapper'], { cwd: bench.folder });
  attached.stdout.setEncoding('utf8');
  let said = '';
  attached.stdout.on('data', (text: string) => {
    if (said === '') attached.kill('SIGINT'); // now it is tied to the process
    said += text;
  });
  const [code] = await eventOf(attached, 'close');
  t.deepEqual([code, said.trimEnd().split('\n').at(-1)], [9, 'caught']);
});

onEach(test, 'top, pause, unpause, stop and restart', async (t, bench) => {
  await serve(bench, '--stop-signal', 'USR1', 'busybox', 'sh', '-c', "trap 'exit 8' USR1; while :; do sleep 0.1; done");
  const top = await bench.transcript(['top', 'server']);
  t.is(top[0], 'UID  PID  PPID  C  STIME  TTY  TIME  CMD');
  t.regex(top.slice(1).join('\n'), /sh -c trap 'exit 8' USR1/);
  t.deepEqual(await bench.transcript(['pause', 'server']), ['server']);
  t.regex((await bench.transcript(['ps']))[1] ?? '', /Up <age> \(Paused\)/);
  t.regex((await bench.transcript(['exec', 'server', 'true']))[0] ?? '', /is paused, unpause the container before exec/);
  t.deepEqual(await bench.transcript(['unpause', 'server']), ['server']);
  t.deepEqual(await bench.transcript(['restart', '-t', '30', 'server']), ['server']);
  t.deepEqual(await bench.transcript(['stop', '-t', '30', 'server']), ['server']);
  t.deepEqual(await bench.transcript(['wait', 'server']), ['8']);
  t.deepEqual(await bench.transcript(['stop', 'server']), ['server']);
});

onEach(test, 'a running container is committed and copied from while its clock stands still', async (t, bench) => {
  await serve(bench, '-v', 'data:/data', 'busybox', 'sh', '-c', 'echo made > /file; echo volume > /data/file; exec sleep 600');
  t.deepEqual(await bench.transcript(['exec', 'server', 'sh', '-c', 'while [ ! -e /data/file ]; do sleep 0.1; done; cat /file']), ['made']);
  await bench.must(['commit', 'server', 'taken']);
  t.deepEqual(await bench.transcript(['run', '--rm', 'taken', 'cat', '/file']), ['made']);
  t.is((await bench.varve(['run', '--rm', 'taken', 'ls', '/data'])).code, 1);
  await bench.must(['cp', '-q', 'server:/data/file', bench.path('out')]);
  t.is(bench.read('out'), 'volume\n');
  await bench.must(['cp', '-q', bench.path('out'), 'server:/data/back']);
  t.deepEqual(await bench.transcript(['exec', 'server', 'cat', '/data/back']), ['volume']);
  t.deepEqual(await bench.transcript(['diff', 'server']), ['A /file']);
  t.deepEqual(await bench.transcript(['ps', '--format', '{{.Names}} {{.State}}']), ['server running']);
});
