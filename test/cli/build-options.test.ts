import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import test from 'ava';
import { mustRun, Workbench } from '../helpers/varve.ts';

const git = (directory: string, ...args: readonly string[]) =>
  execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.org', ...args], { cwd: directory, stdio: 'pipe' });

/** What a RUN step prints, without the line's number and time. */
const printed = (stderr: string): readonly string[] => [...stderr.matchAll(/^#\d+ \d+\.\d+ (.*)$/gm)].map(([, line = '']) => line);

async function runs(bench: Workbench, command: string, ...options: readonly string[]): Promise<readonly string[]> {
  await bench.importBusybox();
  const { code, stderr } = await bench.varve(['build', '--progress=plain', '--no-cache', ...options, '-'], {
    input: `FROM busybox\nRUN ${command}\n`,
  });
  if (code !== 0) throw new Error(stderr);
  return printed(stderr);
}

test('--add-host is a line of /etc/hosts while a process runs, and is not in the image', async (t) => {
  using bench = new Workbench();
  const lines = await runs(bench, 'grep -E "gate|db" /etc/hosts', '--add-host=db:10.1.2.3', '--add-host', 'gate=host-gateway', '-t', 'x');
  t.deepEqual(
    lines.map((line) => line.split(/\s+/)),
    [
      ['10.1.2.3', 'db'],
      ['127.0.0.1', 'gate'],
    ],
  );
  await bench.must(['build', '-q', '-o', 'out', '-'], { input: 'FROM x\n' });
  t.notRegex(await mustRun('find', [bench.path('out/etc')]), /hosts/);
});
test('--ulimit and --shm-size are what a process has', async (t) => {
  using bench = new Workbench();
  const lines = await runs(bench, 'ulimit -n; df -k /dev/shm | tail -1', '--ulimit=nofile=77:88', '--shm-size=8m');
  t.is(lines[0], '77');
  t.regex(lines[1] ?? '', /\s8192\s/);
});
test('--network=none leaves a process alone with itself', async (t) => {
  using bench = new Workbench();
  t.deepEqual(
    await runs(bench, 'ls /sys/class/net 2>/dev/null || tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d " "', '--network', 'none'),
    ['lo'],
  );
});
test('--no-cache does everything anew, --no-cache-filter the stages that it names', async (t) => {
  using bench = new Workbench();
  await bench.importBusybox();
  bench.write({ Dockerfile: 'FROM busybox AS one\nRUN echo one > /one\nFROM busybox AS two\nCOPY --from=one /one /\nRUN echo two\n' });
  const cached = async (...options: readonly string[]) => {
    const { code, stderr } = await bench.varve(['build', '--progress=plain', ...options, '.']);
    t.is(code, 0, stderr);
    return [...stderr.matchAll(/^#\d+ CACHED$/gm)].length;
  };
  t.is(await cached(), 0);
  t.is(await cached(), 3);
  t.is(await cached('--no-cache'), 0);
  t.is(await cached('--no-cache-filter', 'two'), 1);
});
test('a repository is built with all that its build file uses, from the command that users start', async (t) => {
  using bench = new Workbench();
  await bench.importBusybox();
  const repository = bench.write(
    { 'sub/Dockerfile': 'FROM busybox\nCOPY . /src/\nRUN cat /src/file > /out\n', 'sub/file': 'text\n' },
    'repository',
  );
  git(repository, 'init', '--quiet');
  git(repository, 'add', '--all');
  git(repository, 'commit', '--quiet', '-m', 'all');
  const iid = bench.path('iid');
  const stdout = await bench.must([
    'build',
    '-q',
    '--iidfile',
    iid,
    '-o',
    'type=local,dest=files',
    '-o',
    'type=image',
    `file://${repository}#HEAD:sub`,
  ]);
  t.is(readFileSync(bench.path('files/out'), 'utf8'), 'text\n');
  t.is(readFileSync(iid, 'utf8'), stdout.trim());
});
test('archives are such that other tools read', async (t) => {
  using bench = new Workbench();
  const write = (output: string) =>
    bench.must(['build', '--progress=plain', '-t', 'acme/x', '-o', output, '-'], { input: 'FROM scratch\nLABEL a=b\n' });
  await write(`type=docker,dest=${bench.path('docker.tar')}`);
  await write(`type=oci,dest=${bench.path('oci.tar')}`);
  for (const [kind, file] of [
    ['docker-archive', 'docker.tar'],
    ['oci-archive', 'oci.tar'],
  ] as const) {
    const { Labels } = JSON.parse(await mustRun('skopeo', ['inspect', `${kind}:${bench.path(file)}`]));
    t.deepEqual(Labels, { a: 'b' });
  }
});
