import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CORE_VERSION } from '@varve/core';
import test from 'ava';
import { runVarve } from './run-varve.ts';

const dir = mkdtempSync(join(tmpdir(), 'varve-images-'));
test.after.always(() => rmSync(dir, { recursive: true, force: true }));

/** A store with the images that are named, oldest first; each has a file of five megabytes and a label with its number. */
async function store(...images: readonly (readonly string[])[]) {
  const at = mkdtempSync(join(dir, 'case-'));
  const root = join(at, 'store');
  const varve = (...argv: readonly string[]) => runVarve(['--root', root, ...argv]);
  writeFileSync(join(at, 'big'), Buffer.alloc(5_000_000));
  const ids: string[] = [];
  for (const [i, names] of images.entries()) {
    writeFileSync(join(at, 'Dockerfile'), `FROM scratch\nCOPY big /\nLABEL number=${i}\nENV A=b\nCMD ["/x"]\n`);
    const tags = names.flatMap((name) => ['-t', name]);
    ids.push((await varve('build', '-q', '--source-date-epoch', `${1_600_000_000 + i * 1000}`, ...tags, at)).stdout.trim());
  }
  return { root, varve, ids, short: ids.map((id) => id.slice(7, 19)) };
}

test('listing an empty store makes none', async (t) => {
  const { root, varve } = await store();
  t.deepEqual(await varve('images'), { code: 0, stdout: 'REPOSITORY   TAG       IMAGE ID   CREATED   SIZE\n', stderr: '' });
  t.false(existsSync(root));
});
test('images has a row for each name, newest first, and dangling images as <none>', async (t) => {
  const { varve, short } = await store(['old:1'], ['new', 'acme/new:2'], []);
  const { stdout } = await varve('images', '--format', '{{.Repository}}:{{.Tag}} {{.ID}} {{.Size}}');
  t.deepEqual(stdout.trim().split('\n'), [
    `<none>:<none> ${short[2]} 5MB`,
    `acme/new:2 ${short[1]} 5MB`,
    `new:latest ${short[1]} 5MB`,
    `old:1 ${short[0]} 5MB`,
  ]);
});
test('the usual table has docker’s columns', async (t) => {
  const { varve, short } = await store(['old:1']);
  t.regex(
    (await varve('image', 'ls')).stdout,
    new RegExp(`^REPOSITORY   TAG       IMAGE ID       CREATED       SIZE\nold          1         ${short[0]}   \\d+ years ago   5MB\n$`),
  );
});
test('--digests shows the manifest’s', async (t) => {
  const { varve } = await store(['old:1']);
  const digest = (await varve('inspect', '-f', '{{.Descriptor.digest}}', 'old:1')).stdout.trim();
  t.true((await varve('images', '--digests')).stdout.includes(`   ${digest}   `));
});

/** One for all who only look at it. */
let several: ReturnType<typeof store> | undefined;
const filters = test.macro(async (t, argv: readonly string[], numbers: readonly number[]) => {
  several ??= store(['old:1'], ['acme/middle:2', 'extra'], []);
  const { varve, ids } = await several;
  const { stdout, stderr } = await varve('images', '-q', '--no-trunc', ...argv);
  t.deepEqual(
    stdout
      .trim()
      .split('\n')
      .filter((id, i, all) => id !== '' && id !== all[i - 1]) // one for each name
      .map((id) => ids.indexOf(id)),
    [...numbers],
    stderr,
  );
});
test('all', filters, [], [2, 1, 0]);
test('dangling', filters, ['-f', 'dangling=true'], [2]);
test('not dangling', filters, ['-f', 'dangling=false'], [1, 0]);
test('by label', filters, ['-f', 'label=number=1'], [1]);
test('by a label’s name', filters, ['-f', 'label=number'], [2, 1, 0]);
test('by reference', filters, ['-f', 'reference=acme/*'], [1]);
test('by either of two references', filters, ['-f', 'reference=acme/*:2', '-f', 'reference=old'], [1, 0]);
test('before', filters, ['-f', 'before=extra'], [0]);
test('since', filters, ['-f', 'since=old:1'], [2, 1]);
test('by repository', filters, ['old'], [0]);
test('by repository and tag', filters, ['acme/middle:9'], []);

test('a filter that is none is misuse', async (t) => {
  const { varve } = await store();
  const { code, stderr } = await varve('images', '-f', 'dangeling=true');
  t.is(code, 2);
  t.regex(stderr, /There is no filter "dangeling" \(did you mean dangling\?\)/);
});

test('tag gives one more name', async (t) => {
  const { varve, ids } = await store(['old:1']);
  t.deepEqual(await varve('tag', 'old:1', 'acme/other'), { code: 0, stdout: '', stderr: '' });
  t.is((await varve('inspect', '-f', '{{.Id}}', 'acme/other:latest')).stdout.trim(), ids[0] ?? '');
});
test('an image that is not there is docker’s error', async (t) => {
  const { varve } = await store();
  for (const argv of [
    ['tag', 'nope', 'x'],
    ['rmi', 'nope'],
    ['history', 'nope'],
    ['inspect', 'nope'],
  ]) {
    const { code, stderr } = await varve(...argv);
    t.is(code, 1, argv[0]);
    t.regex(stderr, /^Error: No such (image|object): nope\n/, argv[0]);
  }
});

test('rmi takes a name away while there are others', async (t) => {
  const { varve } = await store(['a:1', 'b:1']);
  t.is((await varve('rmi', 'a:1')).stdout, 'Untagged: a:1\n');
  t.is((await varve('images', '--format', '{{.Repository}}')).stdout, 'b\n');
});
test('rmi of the last name removes the image', async (t) => {
  const { varve, ids } = await store(['a:1']);
  const { code, stdout } = await varve('rmi', 'a:1');
  t.is(code, 0);
  t.true(stdout.startsWith(`Untagged: a:1\nDeleted: ${ids[0]}\n`));
  t.is((await varve('images', '-q')).stdout, '');
});
test('rmi by ID refuses an image with several names, unless it is forced', async (t) => {
  const { varve, short } = await store(['a:1', 'b:1']);
  const refused = await varve('rmi', short[0] ?? '');
  t.is(refused.code, 1);
  t.regex(refused.stderr, /must be forced[\s\S]*Hint: .*a:1, b:1/);
  t.is((await varve('rmi', '-f', short[0] ?? '')).code, 0);
  t.is((await varve('images', '-q')).stdout, '');
});
test('rmi goes on after one that is not there', async (t) => {
  const { varve } = await store(['a:1']);
  const { code, stdout } = await varve('rmi', 'nope', 'a:1');
  t.is(code, 1);
  t.regex(stdout, /^Untagged: a:1$/m);
});

test('history has a row for each instruction, newest first, with sizes of layers', async (t) => {
  const { varve, short } = await store(['a:1']);
  const { stdout } = await varve('history', '--format', '{{.ID}}|{{.CreatedBy}}|{{.Size}}', 'a:1');
  const rows = stdout.trim().split('\n');
  t.is(rows[0]?.split('|')[0], short[0]);
  t.true(rows.slice(1).every((row) => row.startsWith('<missing>|')));
  t.deepEqual(
    rows.map((row) => row.split('|')[2]),
    ['0B', '0B', '0B', '5MB'],
  );
  t.regex(rows.at(-1) ?? '', /COPY/);
});
test('inspect is an array with docker’s members', async (t) => {
  const { varve, ids } = await store(['a:1', 'b:1']);
  const { stdout } = await varve('inspect', 'a:1', 'b:1');
  const images = JSON.parse(stdout) as Record<string, unknown>[];
  t.is((await varve('inspect', '-f', '[{{.Variant}}{{if .Config.Healthcheck}}x{{end}}]', 'a:1')).code, 0);
  t.is(images.length, 2);
  t.like(images[0], {
    Id: ids[0],
    RepoTags: ['a:1', 'b:1'],
    Created: '2020-09-13T12:26:40Z',
    Config: { User: '', Cmd: ['/x'], Entrypoint: null, Labels: { number: '0' }, Volumes: null },
    Os: 'linux',
    RootFS: { Type: 'layers' },
  });
});
test('inspect names the driver that the layers are on', async (t) => {
  const { varve } = await store(['a:1']);
  const { stdout } = await varve('image', 'inspect', '-f', '{{.GraphDriver.Name}}', 'a:1');
  t.is(stdout, (await varve('info', '-f', '{{.Driver}}')).stdout);
  t.regex(stdout, /^\w+\n$/);
});
test('inspect shows what it found before it fails', async (t) => {
  const { varve, ids } = await store(['a:1']);
  const { code, stdout } = await varve('inspect', '-f', '{{.Id}}', 'nope', 'a:1');
  t.is(code, 1);
  t.is(stdout.trim(), ids[0] ?? '');
});
test('an image is found by the beginning of its ID', async (t) => {
  const { varve, ids, short } = await store(['a:1']);
  t.is((await varve('inspect', '-f', '{{.Id}}', short[0]?.slice(0, 6) ?? '')).stdout.trim(), ids[0] ?? '');
});

test('plugins lists them in order', async (t) => {
  const { varve } = await store();
  const rows = (await varve('plugins', '--json')).stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { name: string });
  t.is(rows[0]?.name, '@varve/store-local');
  t.is(rows.at(-1)?.name, 'varve');
});
test('info says what was picked and why the others were not', async (t) => {
  const { root, varve } = await store();
  const info = JSON.parse((await varve('info', '--json')).stdout) as Record<string, { name?: string; declined?: unknown }>;
  t.is(info.root as unknown, root);
  t.is(typeof info.storage?.name, 'string');
  t.true(Array.isArray(info.storage?.declined));
  const text = (await varve('info')).stdout;
  t.deepEqual(
    text.match(/^ *[A-Z]\w*( \w+)*(?=:)/gm),
    'Client| Version| Node| Config| Plugins|Server| Containers|  Running|  Paused|  Stopped| Images| Server Version| Storage Driver| Executor| Kernel Version| Operating System| OSType| Architecture| CPUs| Total Memory| Name| Docker Root Dir'.split(
      '|',
    ),
  );
  t.regex(text, /^ Storage Driver: \w+$/m);
  t.true(text.includes(` Docker Root Dir: ${root}\n`));
});
test('info answers what scripts ask docker', async (t) => {
  const { root, varve } = await store(['a:1']);
  t.is((await varve('info', '-f', '{{.Images}} {{.DockerRootDir}} {{.OSType}}')).stdout, `1 ${root} linux\n`);
  t.is((await varve('system', 'info', '-f', '{{.Containers}} {{.ContainersRunning}} {{.ContainersStopped}}')).stdout, '0 0 0\n');
  t.regex((await varve('info', '--format', '{{.Driver}} {{.NCPU}} {{.MemTotal}} {{.Architecture}}')).stdout, /^\w+ \d+ \d+ \w+\n$/);
});
test('version answers what scripts ask docker', async (t) => {
  const { varve } = await store();
  t.is((await varve('version', '-f', '{{.Server.Version}} {{.Client.Os}}')).stdout, `${CORE_VERSION} linux\n`);
  t.is((await varve('version', '-f', '{{.Client.APIVersion}}{{.Server.GitCommit}} {{.Server.Arch}}')).code, 0);
  const { Client, Server } = JSON.parse((await varve('version', '--format', 'json')).stdout);
  t.like([Client, Server], Array(2).fill({ Version: CORE_VERSION, Os: 'linux', Platform: { Name: 'Varve' } }));
  t.regex((await varve('version')).stdout, /^Varve:\n Version: {4}\d/);
});
test('global options may stand behind the command too', async (t) => {
  const { root } = await store(['a:1']);
  t.is((await runVarve(['images', '--format', '{{.Repository}}', '--root', root])).stdout, 'a\n');
});
