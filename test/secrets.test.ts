import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { Workbench } from './helpers/varve.ts';

/** What nobody may find afterwards, in the forms that programs write it. */
const newValue = () => `secret-${randomBytes(12).toString('hex')}`;
const formsOf = (value: string) => [value, Buffer.from(value).toString('base64'), Buffer.from(value).toString('hex')];

/** Every file below a directory that has one of these in it, or in its name. What is removed meanwhile is passed over. */
function search(dir: string, forms: readonly string[]): readonly string[] {
  return filesBelow(dir).filter((path) => {
    const bytes = readIfThere(path);
    return forms.some((form) => basename(path).includes(form) || bytes?.includes(form));
  });
}

const filesBelow = (dir: string): readonly string[] =>
  (ifThere(() => readdirSync(dir, { withFileTypes: true })) ?? []).flatMap((entry) => {
    const path = join(dir, entry.name);
    return entry.isDirectory() ? [path, ...filesBelow(path)] : [path];
  });

const readIfThere = (path: string): Buffer | undefined => ifThere(() => (lstatSync(path).isFile() ? readFileSync(path) : undefined));

function ifThere<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (failure) {
    const { code } = failure as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw failure;
  }
}

/** Paths in every layer of a saved image. */
function layersOf(bench: Workbench, archive: string): readonly (readonly string[])[] {
  const dir = bench.path('saved');
  mkdirSync(dir);
  execFileSync('tar', ['-xf', archive, '-C', dir]);
  const [{ Layers }] = JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8')) as [{ Layers: readonly string[] }];
  return Layers.map((layer) => execFileSync('tar', ['-tf', join(dir, layer)], { encoding: 'utf8' }).split('\n'));
}

const FLAGS =
  'type=secret,id=token --mount=type=secret,id=variable,env=VARIABLE --mount=type=secret,id=token,target=/etc/deep/er/token,mode=0444';
const USES = 'test -n "$VARIABLE" && test "$(wc -c < /run/secrets/token)" = 31 && test -s /etc/deep/er/token';
const DOCKERFILE = [
  'FROM busybox',
  `RUN --mount=${FLAGS} ${USES} && echo done > /proof`,
  `RUN --mount=type=secret,id=token,required cat /run/secrets/token > /dev/null`,
  'CMD ["sh"]',
  '',
].join('\n');

interface Given {
  readonly bench: Workbench;
  readonly forms: readonly string[];
  readonly flags: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}
async function give(dockerfile: string): Promise<Given & Disposable> {
  const bench = new Workbench();
  await bench.importBusybox();
  const [file, variable] = [newValue(), newValue()];
  bench.write({ 'context/Dockerfile': dockerfile, 'values/token': file });
  const flags = [
    '--secret',
    `id=token,src=${bench.path('values/token')}`,
    '--secret',
    'id=variable,env=OF_THIS_TEST',
    '--progress',
    'rawjson',
  ];
  return {
    bench,
    flags,
    forms: [file, variable].flatMap(formsOf),
    env: { OF_THIS_TEST: variable },
    [Symbol.dispose]: () => bench[Symbol.dispose](),
  };
}
const holds = (text: string, forms: readonly string[]): boolean => forms.some((form) => text.includes(form));

async function leavesNothing(t: ExecutionContext, storage: string, executor: string): Promise<void> {
  t.timeout(300_000);
  using given = await give(DOCKERFILE);
  const { bench, forms, flags, env } = given;
  const on = ['--storage', storage, '--executor', executor];
  const told = await bench.varve(['build', ...on, ...flags, '-t', 'app', bench.path('context')], { env });
  t.is(told.code, 0, told.stderr);
  t.true(told.stderr.includes('"id":"variable"'), 'the plan is told, with the names of secrets');
  const said = [
    told.stdout + told.stderr,
    await bench.must(['inspect', 'app']),
    await bench.must(['history', '--no-trunc', 'app']),
    await bench.must(['save', '-o', bench.path('app.tar'), 'app']),
  ];
  t.false(holds(said.join('\n'), forms));
  t.deepEqual(search(bench.root, forms), []);
  t.deepEqual(search(bench.path('values'), forms), [bench.path('values/token')], 'the search finds what is there');
  t.false(holds(readFileSync(bench.path('app.tar'), 'latin1'), forms));
  const [, ...layers] = layersOf(bench, bench.path('app.tar'));
  t.deepEqual(
    layers.flat().filter((path) => /run|etc/.test(path)),
    [],
  );
  t.true(layers.flat().includes('proof'));
  t.deepEqual(leftovers(forms), []);
}
/** Of the places in memory that hold secrets while they are needed. */
const leftovers = (forms: readonly string[]) =>
  ['/dev/shm', '/run', process.env.XDG_RUNTIME_DIR ?? '']
    .filter((dir) => dir !== '' && existsSync(dir))
    .flatMap((dir) =>
      readdirSync(dir)
        .filter((name) => name.startsWith('varve-private-'))
        .flatMap((name) => search(join(dir, name), forms)),
    );

for (const storage of ['overlay2', 'vfs'])
  for (const executor of ['oci', 'namespaces', 'chroot'])
    test.serial(`nothing of a secret is left on ${storage} with the executor ${executor}`, (t) => leavesNothing(t, storage, executor));

for (const executor of ['oci', 'namespaces'])
  test.serial(`nothing is left of a step that fails with secrets in the executor ${executor}`, async (t) => {
    using given = await give(`FROM busybox\nRUN --mount=${FLAGS} ${USES} && exit 7\n`);
    const { bench, forms, flags, env } = given;
    const { code, stdout, stderr } = await bench.varve(['build', '--executor', executor, ...flags, bench.path('context')], { env });
    t.is(code, 7);
    t.regex(stderr, /exit code: 7/);
    t.false(holds(stdout + stderr, forms));
    t.deepEqual([search(bench.root, forms), leftovers(forms)], [[], []]);
  });

const settled = <T>(promise: Promise<T>): Promise<boolean> => Promise.race([promise.then(() => true), sleep(100, false)]);

for (const executor of ['oci', 'namespaces'])
  test.serial(`while a process has secrets the store has none, in the executor ${executor}`, async (t) => {
    using given = await give(`FROM busybox\nRUN --mount=${FLAGS} ${USES} && touch /started && sleep 2\n`);
    const { bench, forms, flags, env } = given;
    const building = bench.varve(['build', '--executor', executor, ...flags, bench.path('context')], { env });
    const found = new Set<string>();
    let hasStarted = false;
    while (!(await settled(building))) {
      hasStarted ||= filesBelow(bench.root).some((path) => basename(path) === 'started');
      for (const path of search(bench.root, forms)) found.add(path);
    }
    t.is((await building).code, 0);
    t.true(hasStarted);
    t.deepEqual([...found], []);
  });

test.serial('another value of a secret is no reason to do a step again, another name is', async (t) => {
  using given = await give('FROM busybox\nRUN --mount=type=secret,id=token cat /run/secrets/token > /dev/null\n');
  const { bench, flags, env } = given;
  const cached = async () =>
    (await bench.varve(['build', ...flags, bench.path('context')], { env })).stderr.includes('"type":"step-cached"');
  t.false(await cached());
  bench.write({ 'values/token': newValue() });
  t.true(await cached());
  bench.write({ 'context/Dockerfile': 'FROM busybox\nRUN --mount=type=secret,id=other cat /run/secrets/token > /dev/null || true\n' });
  t.false(await cached());
});

test.serial('a required secret that nobody gave fails with its line and what to do', async (t) => {
  using given = await give('FROM busybox\nRUN --mount=type=secret,id=absent,required true\n');
  const { code, stderr } = await given.bench.varve(['build', given.bench.path('context')]);
  t.is(code, 1);
  t.regex(stderr, /Dockerfile:2\n[\s\S]*secret absent: not found\nHint: .*--secret id=absent,src=<path>[\s\S]*SECRET_MISSING/);
});

for (const progress of ['plain', 'rawjson'])
  test.serial(`the password of an address is shown and kept nowhere, with ${progress}`, async (t) => {
    using bench = new Workbench();
    const value = newValue();
    const authorization = `Basic ${Buffer.from(`me:${value}`).toString('base64')}`;
    const server = createServer((request, response) => {
      response.statusCode = request.headers.authorization === authorization && request.url === '/file' ? 200 : 404;
      response.end('content');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const place = `http://me:${value}@127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const build = (path: string) =>
        bench.varve(['build', `--progress=${progress}`, '-t', 'x', '-'], { input: `FROM scratch\nADD ${place}${path} /\n` });
      const done = await build('/file');
      t.is(done.code, 0, done.stderr);
      const failed = await build('/missing');
      t.is(failed.code, 1);
      t.regex(failed.stderr, /the server answered 404/);
      const history = await bench.must(['history', '--no-trunc', 'x']);
      t.regex(history, /ADD http:\/\/127\.0\.0\.1:\d+\/file \//);
      const seen = [done.stdout, done.stderr, failed.stdout, failed.stderr, history, await bench.must(['inspect', 'x'])].join('');
      t.false(formsOf(value).some((form) => seen.includes(form)));
      t.deepEqual(search(bench.root, formsOf(value)), []);
    } finally {
      server.close();
    }
  });

/** A program of this host with the libraries that it needs. */
const programFiles = (program: string): readonly string[] => [
  program,
  ...Array.from(execFileSync('ldd', [program], { encoding: 'utf8' }).matchAll(/(?:=> )?(\/\S+) \(/g), ([, file = '']) => file),
];
const hasOpenSsh = ['ssh-agent', 'ssh-add', 'ssh-keygen'].every((name) => existsSync(`/usr/bin/${name}`));
for (const executor of ['oci', 'namespaces', 'chroot'])
  (hasOpenSsh ? test.serial : test.skip)(`a process reaches an agent with the keys of the build in the executor ${executor}`, async (t) => {
    t.timeout(120_000);
    using bench = new Workbench();
    await bench.importBusybox();
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-C', 'of this test', '-N', '', '-f', bench.path('key')]);
    for (const file of programFiles('/usr/bin/ssh-add')) {
      mkdirSync(dirname(bench.path('context/root', file)), { recursive: true });
      copyFileSync(file, bench.path('context/root', file));
    }
    bench.write({
      'context/Dockerfile': [
        'FROM busybox',
        'COPY root /',
        'USER user',
        'RUN --mount=type=ssh,uid=1000 /usr/bin/ssh-add -L > /tmp/keys && echo $SSH_AUTH_SOCK > /tmp/socket',
        'RUN --mount=type=ssh,uid=1000 ! /usr/bin/ssh-add -D && /usr/bin/ssh-add -l',
        'RUN --mount=type=ssh,id=another test -z "$SSH_AUTH_SOCK"',
        '',
      ].join('\n'),
    });
    const flags = ['--executor', executor, '--ssh', `default=${bench.path('key')}`, '-o', bench.path('out')];
    await bench.must(['build', ...flags, bench.path('context')]);
    t.is(readFileSync(bench.path('out/tmp/keys'), 'utf8'), readFileSync(bench.path('key.pub'), 'utf8'));
    t.is(readFileSync(bench.path('out/tmp/socket'), 'utf8'), '/run/buildkit/ssh_agent.0\n');
    t.false(existsSync(bench.path('out/run')));
    const forms = readFileSync(bench.path('key'), 'utf8').split('\n').slice(1, 3);
    t.deepEqual(search(bench.root, forms), []);
  });
