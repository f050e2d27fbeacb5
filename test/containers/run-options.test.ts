import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import test from 'ava';
import { type ContainerBench, CRUN, on, onEach } from './container-bench.ts';

/** What is asked for, how it is seen from inside, and what is seen. All of them are given to one container. */
const options: readonly (readonly [flags: string, script: string, seen: string | RegExp])[] = [
  ['--hostname box', 'hostname; grep -c box /etc/hosts', 'box\n1'],
  ['--add-host db:10.1.2.3 --add-host six:fd00::1', 'grep -E "db|six" /etc/hosts', '10.1.2.3\tdb\nfd00::1\tsix'],
  ['--dns 192.0.2.7 --dns-search example.org', 'cat /etc/resolv.conf', /^(?=[\s\S]*nameserver 192\.0\.2\.7)(?=[\s\S]*search example\.org)/],
  ['--network none', 'tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d " "', 'lo'],
  [
    '--cap-drop ALL --cap-add CHOWN --cap-add CAP_SETUID',
    'grep -E "CapEff|CapBnd" /proc/self/status',
    /^CapEff:\t0{14}81\nCapBnd:\t0{14}81$/,
  ],
  ['--security-opt no-new-privileges', 'grep NoNewPrivs /proc/self/status', 'NoNewPrivs:\t1'],
  ['--ulimit nofile=64:128 --ulimit core=0', 'ulimit -n; ulimit -Hn; ulimit -c', '64\n128\n0'],
  [
    '--device /dev/full:/dev/mine --device /dev/zero:/dev/nil:r',
    'echo x 2>&1 >/dev/mine; head -c 2 /dev/nil | od -An -tx1',
    /No space left on device\n 00 00$/,
  ],
  ['--read-only', 'touch /new 2>&1', 'touch: /new: Read-only file system'],
  ['--tmpfs /run:size=1m,mode=1770', 'stat -c %a /run; df -k /run | tail -n 1; touch /run/x && ls /run', /^1770\ntmpfs +1024 .*\nx$/],
  ['--shm-size 2m', 'df -k /dev/shm | tail -n 1', /^(shm|tmpfs) +2048 /],
  ['--init', 'test $$ = 1 && echo first || echo behind; sh -c "sleep 0 &"; sleep 0.1; ps -o stat | grep -c Z', 'behind\n0'],
  ['-e GIVEN=here --env-file env', 'echo $GIVEN $FROM_FILE $NODE_OPTIONS', 'here a file --require=/not/here.js'],
  ['-w /run', 'pwd', '/run'],
];

async function holdInside(t: ExecutionContext, bench: ContainerBench): Promise<void> {
  bench.write({ env: '# comment\nFROM_FILE=a file\nNODE_OPTIONS=--require=/not/here.js\n' });
  const flags = options.flatMap(([text]) => text.split(' '));
  const script = options.map(([, each]) => `(${each})\necho ==`).join('\n');
  const outcome = await bench.varve(['run', '--rm', ...flags, 'busybox', 'sh', '-c', script]);
  const sections = outcome.stdout.split('\n==\n');
  t.is(sections.length, options.length + 1, outcome.stderr);
  for (const [i, [text, , seen]] of options.entries())
    if (typeof seen === 'string') t.is(sections[i], seen, text);
    else t.regex(sections[i] ?? '', seen, text);
}
onEach(test, 'what run was asked for holds inside', holdInside);
on(test, 'what run was asked for holds inside (overlay2, crun)', CRUN, holdInside);

onEach(test, 'a user has the identity and the groups that were asked for', async (t, bench) => {
  const ids = async (user: string) => await bench.transcript(['run', '--rm', '-u', user, 'busybox', 'sh', '-c', 'id -u; id -g; id -G']);
  t.deepEqual(await ids('user'), ['1000', '1000', '1000 2000']);
  t.deepEqual(await ids('7:extra'), ['7', '2000', '2000']);
});

onEach(test, '--privileged has everything, --network host is the network of the host', async (t, bench) => {
  const script = 'grep CapEff /proc/self/status; mount -t tmpfs none /tmp && echo mounted; ls /dev; readlink /proc/self/ns/net';
  const said = await bench.must(['run', '--rm', '--privileged', '--network', 'host', 'busybox', 'sh', '-c', script]);
  const own = /^CapEff:\t(.*)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  t.is(/^CapEff:\t(.*)$/m.exec(said)?.[1], own);
  t.regex(said, /^mounted$/m);
  const lines = said.split('\n');
  for (const name of nodesOf('/dev').filter((each) => /^(loop|tty\d|kmsg)/.test(each))) t.true(lines.includes(name), name);
  t.true(lines.includes(readlinkSync('/proc/self/ns/net')));
  const usual = await bench
    .must(['run', '--rm', 'busybox', 'sh', '-c', 'grep CapEff /proc/self/status; mount -t tmpfs none /tmp 2>&1'])
    .catch(String);
  t.regex(usual, /CapEff:\t00000000a80425fb\n.*[Pp]ermi/);
});

const nodesOf = (dir: string): readonly string[] =>
  readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isCharacterDevice() || entry.isBlockDevice())
    .map(({ name }) => name);

onEach(test, 'limits of memory, processors and processes hold, and whoever used up its memory is known', async (t, bench) => {
  await bench.must(['run', '-d', '--name', 'held', '--memory', '64m', '--cpus', '0.5', '--pids-limit', '9', 'busybox', 'sleep', '600']);
  const pid = (await bench.must(['inspect', '-f', '{{.State.Pid}}', 'held'])).trim();
  t.is(limitOf(pid, 'memory', 'memory.limit_in_bytes', 'memory.max'), String(64 << 20));
  t.is(limitOf(pid, 'cpu', 'cpu.cfs_quota_us', 'cpu.max').split(' ')[0], '50000');
  t.is(limitOf(pid, 'pids', 'pids.max', 'pids.max'), '9');
  const crowd = await bench.varve(['exec', 'held', 'sh', '-c', 'for i in 1 2 3 4 5 6 7 8 9; do sleep 5 & done']);
  t.regex(crowd.stderr, /can't fork/);
  const format = '{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.PidsLimit}}';
  t.is(await bench.must(['inspect', '-f', format, 'held']), `${64 << 20} 500000000 9\n`);
  const columns = '{{.Name}} {{.PIDs}} {{.MemUsage}} {{.NetIO}}';
  t.regex(await bench.must(['stats', '--no-stream', '--format', columns]), /^held \d [\d.]+[KM]iB \/ 64MiB -- \/ --\n$/);
  t.is((await bench.varve(['run', '--name', 'greedy', '-m', '16m', 'busybox', 'tail', '/dev/zero'])).code, 137);
  t.is(await bench.must(['inspect', '-f', '{{.State.OOMKilled}} {{.State.ExitCode}}', 'greedy']), 'true 137\n');
});

/** In the control group of a process; of version 2 in the nearest one above it that has the limit. */
function limitOf(pid: string, controller: string, old: string, unified: string): string {
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n');
  const groups = new Map(lines.flatMap((line) => (line.split(':')[1] ?? '').split(',').map((name) => [name, line.split(':')[2] ?? '/'])));
  const path = groups.get(controller);
  if (path !== undefined) return readFileSync(join('/sys/fs/cgroup', controller, path, old), 'utf8').trim();
  for (let at = groups.get('') ?? '/'; at !== '/'; at = dirname(at)) {
    const limit = readFileSync(join('/sys/fs/cgroup', at, unified), 'utf8').trim();
    if (!limit.startsWith('max')) return limit;
  }
  return 'none';
}

onEach(test, 'a port under its own number is reached; what would need another network is refused', async (t, bench) => {
  const port = await freePort();
  const server = ['httpd', '-f', '-p', String(port), '-h', '/etc'];
  await bench.must(['run', '-d', '--name', 'web', '-p', `${port}:${port}`, 'busybox', ...server]);
  t.regex(await answerOf(`http://127.0.0.1:${port}/passwd`), /^root:x:0/);
  t.is(await bench.must(['ps', '--format', '{{.Ports}}']), `0.0.0.0:${port}->${port}/tcp\n`);
  t.is(await bench.must(['port', 'web']), `${port}/tcp -> 0.0.0.0:${port}\n`);
  for (const asked of [
    ['-p', '8080:80'],
    ['-p', `127.0.0.1:${port}:${port}`],
    ['--network', 'none', '-p', `${port}:${port}`],
  ])
    t.deepEqual(await bench.transcript(['run', '--rm', ...asked, 'busybox', 'true']), [
      `Error: The executor "${bench.executor}" cannot publish a port under another number, at one address alone, or without a network here`,
      "Hint: Processes have the host's network unless they have none: what listens on port 80 is reached at port 80 of the host, as -p 80:80 says.",
      'exit 125',
    ]);
  t.deepEqual(await bench.transcript(['ps', '-a', '--format', '{{.Names}}']), ['web']);
  t.deepEqual(await bench.transcript(['run', '--rm', '--network', 'host', '-p', '8080:80', 'busybox', 'echo', 'ran']), [
    'ran',
    'WARNING: Published ports are discarded when using host network mode',
  ]);
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it is listening
  server.close();
  await once(server, 'close');
  return port;
}

/** Of a server that may be about to listen. */
async function answerOf(url: string): Promise<string> {
  for (const end = Date.now() + 60_000; ; await sleep(50))
    try {
      return await (await fetch(url)).text();
    } catch (failure) {
      if (Date.now() > end) throw failure;
    }
}
