import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { once, onEach } from './container-bench.ts';

onEach(test, 'a container is made, started, stopped, renamed and removed in the words of docker', async (t, bench) => {
  t.deepEqual(await bench.transcript(['create', '--name', 'one', 'busybox', 'sleep', '600']), ['<id>']);
  t.deepEqual(await bench.transcript(['ps']), ['CONTAINER ID  IMAGE  COMMAND  CREATED  STATUS  PORTS  NAMES']);
  t.deepEqual(await bench.transcript(['ps', '-a']), [
    'CONTAINER ID  IMAGE  COMMAND  CREATED  STATUS  PORTS  NAMES',
    '<short>  busybox  "sleep 600"  <age> ago  Created  one',
  ]);
  t.deepEqual(await bench.transcript(['start', 'one']), ['one']);
  t.deepEqual((await bench.transcript(['ps']))[1], '<short>  busybox  "sleep 600"  <age> ago  Up <age>  one');
  t.deepEqual(await bench.transcript(['rename', 'one', 'two']), []);
  t.deepEqual(await bench.transcript(['rm', 'two']), [
    'Error: cannot remove container "/two": container is running: stop the container before removing or force remove',
    'exit 1',
  ]);
  t.deepEqual(await bench.transcript(['kill', 'two']), ['two']);
  t.deepEqual(await bench.transcript(['wait', 'two']), ['137']);
  t.deepEqual((await bench.transcript(['ps', '-a']))[1], '<short>  busybox  "sleep 600"  <age> ago  Exited (137) <age> ago  two');
  t.deepEqual(await bench.transcript(['kill', 'two']), ['Error: cannot kill container: two: container <id> is not running', 'exit 1']);
  t.deepEqual(await bench.transcript(['rm', 'two', 'three']), [
    'two',
    'Error: No such container: three',
    'Hint: `varve ps -a` lists those that are here.',
    'exit 1',
  ]);
  t.deepEqual(await bench.transcript(['ps', '-aq']), []);
});

onEach(test, 'a process has its own exit code, 127 where it is not there, 126 where it is no program', async (t, bench) => {
  const codeOf = async (...args: readonly string[]) => (await bench.varve(['run', '--rm', ...args])).code;
  t.is(await codeOf('busybox', 'true'), 0);
  t.is(await codeOf('busybox', 'sh', '-c', 'exit 7'), 7);
  t.is(await codeOf('busybox', 'no-such-program'), 127);
  t.is(await codeOf('busybox', '/etc'), 126);
  t.deepEqual(await bench.transcript(['ps', '-aq']), []);
});

once(test, 'ENTRYPOINT and CMD, with and without arguments', async (t, bench) => {
  const image = async (name: string, ...instructions: readonly string[]) => {
    bench.write({ [`${name}/Dockerfile`]: ['FROM busybox', ...instructions, ''].join('\n') });
    await bench.must(['build', '-q', '-t', name, name]);
  };
  await image('both', 'ENTRYPOINT ["echo", "entry"]', 'CMD ["cmd"]');
  await image('entry', 'ENTRYPOINT ["echo", "entry"]');
  await image('shell', 'ENTRYPOINT echo "$0 shell"', 'CMD ["cmd"]');
  // The other combinations are in the tests of configOf
  const says = async (...args: readonly string[]) => await bench.transcript(['run', '--rm', ...args]);
  t.deepEqual(await says('both'), ['entry cmd']);
  t.deepEqual(await says('both', 'x', '-n'), ['entry x -n']);
  t.deepEqual(await says('--entrypoint', 'echo', 'both'), []);
  t.deepEqual(await says('--entrypoint', '', 'both', 'echo', 'z'), ['z']);
  t.deepEqual(await says('entry', '--rm'), ['entry --rm']);
  t.deepEqual(await says('shell'), ['cmd shell']);
});

onEach(test, 'what run says of the process holds in it', async (t, bench) => {
  writeFileSync(bench.path('env'), '# comment\n\nFROM_FILE=a b\nINHERITED\n');
  const script =
    'id -u; id -G; pwd; hostname; echo "$HOSTNAME|$GIVEN|$FROM_FILE|$INHERITED|$HOME"; grep example /etc/hosts; cat in; ls -ld /srv/deep | cut -c1-10';
  const args = ['run', '--rm', '-i', '-u', 'user', '-w', '/srv/deep', '-h', 'host', '-e', 'GIVEN=x=y', '--env-file', bench.path('env')];
  const hosts = ['--add-host', 'example:10.1.2.3', '-v', `${bench.path('env')}:/srv/deep/in:ro`];
  const said = await bench.transcript([...args, ...hosts, 'busybox', 'sh', '-c', script], { env: { INHERITED: 'yes' } });
  t.deepEqual(said.slice(0, 6), ['1000', '1000 2000', '/srv/deep', 'host', 'host|x=y|a b|yes|/home/user', '10.1.2.3\texample']);
  t.deepEqual(said.slice(6), ['# comment', 'FROM_FILE=a b', 'INHERITED', 'drwxr-xr-x']);
});

once(test, 'input, output and errors stay apart', async (t, bench) => {
  const outcome = await bench.varve(['run', '--rm', '-i', 'busybox', 'sh', '-c', 'cat; echo wrong >&2'], { input: 'given' });
  t.deepEqual(outcome, { code: 0, stdout: 'given', stderr: 'wrong\n' });
  const big = Buffer.alloc(3_000_000, 'x\n');
  t.is((await bench.varve(['run', '--rm', '-i', 'busybox', 'cat'], { input: big })).stdout.length, big.length);
});

once(test, 'what nobody can give here is refused, and what would is said', async (t, bench) => {
  const refused = async (...args: readonly string[]) => (await bench.transcript(['run', '--rm', ...args, 'busybox', 'true'])).join('\n');
  t.regex(await refused('--restart', 'always'), /no daemon.*service manager/s);
  t.regex(await refused('--network', 'mine'), /network mine not found/);
  t.regex(await refused('-v', 'relative/path:/x'), /includes invalid characters for a local volume name/);
  t.regex(await refused('--mount', `type=bind,source=${bench.path('none')},target=/x`), /bind source path does not exist/);
  t.regex(await refused('--memory', '1m'), /Minimum memory limit allowed is 6MB/);
  t.deepEqual(await bench.transcript(['ps', '-aq']), []);
});

once(test, 'ps filters, formats and cuts', async (t, bench) => {
  for (const [name, label] of [
    ['first', 'tier=web'],
    ['second', 'tier=db'],
  ] as const)
    await bench.must(['create', '--name', name, '-l', label, 'busybox', 'echo', 'a rather long command line']);
  const ps = (...args: readonly string[]) => bench.transcript(['ps', '-a', ...args]);
  t.deepEqual(await ps('--format', '{{.Names}} {{.Image}} {{.Command}} {{.State}} {{.Labels}}'), [
    'second busybox "echo a rather long …" created tier=db',
    'first busybox "echo a rather long …" created tier=web',
  ]);
  t.deepEqual(await ps('--filter', 'label=tier=web', '--format', '{{.Names}}'), ['first']);
  t.deepEqual(await ps('--filter', 'name=sec', '--format', '{{.Names}}'), ['second']);
  t.deepEqual(await ps('--filter', 'status=running', '-q'), []);
  t.deepEqual(await ps('--filter', 'before=second', '--format', '{{.Names}}'), ['first']);
  t.deepEqual(await ps('--filter', 'ancestor=busybox', '-q', '--no-trunc'), ['<id>', '<id>']);
  t.deepEqual(await ps('-l', '--format', '{{.Names}}'), ['second']);
  t.deepEqual(await ps('-n', '1', '--no-trunc', '--format', '{{.Command}}'), ['"echo a rather long command line"']);
  t.deepEqual(await bench.transcript(['container', 'ls', '-a', '--format', 'table {{.Names}}\t{{.Status}}']), [
    'NAMES  STATUS',
    'second  Created',
    'first  Created',
  ]);
  t.regex((await ps('--filter', 'nmae=x')).join(), /invalid filter 'nmae'/);
});

once(test, 'inspect shows a container in the members of docker', async (t, bench) => {
  const { code } = await bench.varve([
    'run',
    '--name',
    'seen',
    '-e',
    'A=b',
    '-l',
    'k=v',
    '-v',
    'data:/data:ro',
    'busybox',
    'sh',
    '-c',
    'exit 3',
  ]);
  t.is(code, 3);
  const [seen] = JSON.parse(await bench.must(['inspect', 'seen']));
  t.like(seen, {
    Name: '/seen',
    Path: 'sh',
    Args: ['-c', 'exit 3'],
    State: { Status: 'exited', Running: false, ExitCode: 3, Pid: 0, OOMKilled: false },
    Driver: 'overlay2',
    HostConfig: { Binds: ['data:/data:ro'], AutoRemove: false, NetworkMode: 'bridge', Privileged: false },
    Config: { Cmd: ['sh', '-c', 'exit 3'], Env: ['PATH=/bin', 'A=b'], Labels: { k: 'v' }, Image: 'busybox', Tty: false },
  });
  t.like(seen.Mounts[0], { Type: 'volume', Name: 'data', Destination: '/data', RW: false, Driver: 'local' });
  const format = '{{.State.Status}} {{.Config.Labels.k}} {{range .Mounts}}{{.Name}}{{end}}';
  t.deepEqual(await bench.transcript(['container', 'inspect', '-f', format, 'seen']), ['exited v data']);
  const asked =
    '{{range .NetworkSettings.Networks}}[{{.IPAddress}}]{{end}}{{if .Config.Healthcheck}}checked{{end}}{{if .Config.ExposedPorts}}exposed{{end}}';
  t.deepEqual(await bench.transcript(['inspect', '-f', asked, 'seen']), ['[]'], 'what is not there can be asked for');
  t.deepEqual((await bench.transcript(['inspect', 'nothing']))[1], 'Error: No such object: nothing');
});

once(test, 'ports are told, and refused where the executor cannot publish them', async (t, bench) => {
  await bench.must(['create', '--name', 'web', '-p', '8080:80', '-p', '127.0.0.1:53:53/udp', 'busybox', 'true']);
  t.deepEqual(await bench.transcript(['port', 'web']), ['80/tcp -> 0.0.0.0:8080', '53/udp -> 127.0.0.1:53']);
  t.deepEqual(await bench.transcript(['port', 'web', '53/udp']), ['127.0.0.1:53']);
  t.deepEqual((await bench.transcript(['port', 'web', '81']))[0], "Error: no public port '81' published for web");
  t.regex(
    (await bench.transcript(['start', 'web'])).join('\n'),
    /cannot publish a port under another number.*reached at port 80 of the host/s,
  );
});

once(test, 'several are stopped and removed at once, in the order of their names', async (t, bench) => {
  for (const name of ['c1', 'c2', 'c3']) await bench.must(['run', '-d', '--name', name, 'busybox', 'sleep', '600']);
  t.deepEqual(await bench.transcript(['stop', '-t', '1', 'c2', 'none', 'c1', 'c3']), [
    'c2',
    'c1',
    'c3',
    'Error: No such container: none',
    'Hint: `varve ps -a` lists those that are here.',
    'exit 1',
  ]);
  t.deepEqual(await bench.transcript(['ps', '-a', '--format', '{{.Names}} {{.State}}']), ['c3 exited', 'c2 exited', 'c1 exited']);
  t.deepEqual(await bench.transcript(['rm', 'c3', 'c2', 'c1']), ['c3', 'c2', 'c1']);
});

once(test, 'the ID is printed and written to a file, and a program that is not there is told at once', async (t, bench) => {
  const file = bench.path('cid');
  const id = (await bench.must(['run', '-d', '--cidfile', file, 'busybox', 'true'])).trim();
  t.deepEqual([bench.read('cid'), id.length], [id, 64]);
  t.regex((await bench.transcript(['run', '--cidfile', file, 'busybox', 'true'])).join(), /container ID file found.*exit 125/);
  t.deepEqual((await bench.transcript(['run', '-d', '--name', 'gone', 'busybox', 'no-such-program'])).slice(-1), ['exit 127']);
  t.deepEqual(await bench.transcript(['ps', '-a', '--filter', 'name=gone', '--format', '{{.Status}}']), ['Created']);
});

once(test, 'a container that is gone when it ends leaves no trace in the store', async (t, bench) => {
  mkdirSync(join(bench.root, 'containers'), { recursive: true });
  await bench.must(['run', '--rm', '-v', '/data', 'busybox', 'touch', '/data/x', '/y']);
  t.deepEqual(await bench.transcript(['volume', 'ls', '-q']), []);
  t.deepEqual(await bench.transcript(['container', 'prune', '-f']), ['Total reclaimed space: 0B']);
});
