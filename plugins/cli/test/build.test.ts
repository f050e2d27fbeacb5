import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { runVarve } from './run-varve.ts';

const dir = mkdtempSync(join(tmpdir(), 'varve-build-'));
test.after.always(() => rmSync(dir, { recursive: true, force: true }));

/** A context with these files, and a store of its own. */
function place(files: Readonly<Record<string, string>>) {
  const at = mkdtempSync(join(dir, 'case-'));
  const context = join(at, 'context');
  mkdirSync(context);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(context, name, '..'), { recursive: true });
    writeFileSync(join(context, name), text);
  }
  const root = join(at, 'store');
  const varve = (argv: readonly string[], stdin?: string | Uint8Array) => runVarve(['--root', root, ...argv], stdin);
  const inspect = async (ref: string, format: string) => (await varve(['inspect', '-f', format, ref])).stdout.trim();
  return { at, context, root, varve, inspect };
}
const simple = { Dockerfile: 'FROM scratch\nARG WHO=nobody\nCOPY hello.txt /\nLABEL who=$WHO\n', 'hello.txt': 'hello\n' };
const ID = /^sha256:[0-9a-f]{64}\n$/;

test('build prints the ID on stdout and the name on stderr', async (t) => {
  const { context, varve, inspect } = place(simple);
  const { code, stdout, stderr } = await varve(['build', '--progress', 'plain', '-t', 'acme/hello:1', context]);
  t.is(code, 0, stderr);
  t.regex(stdout, ID);
  t.is(stderr, 'Named acme/hello:1\n');
  t.is(await inspect('acme/hello:1', '{{.Id}}'), stdout.trim());
});
test('-q prints the ID and nothing else', async (t) => {
  const { context, varve } = place(simple);
  const { code, stdout, stderr } = await varve(['build', '-q', '-t', 'acme/hello', '--memory', '1g', context]);
  t.is(code, 0);
  t.regex(stdout, ID);
  t.is(stderr, '');
});
for (const mode of ['rawjson', 'quiet'])
  test(`with --progress ${mode} no words for people are on stderr`, async (t) => {
    const { context, varve } = place(simple);
    const { stdout, stderr } = await varve(['build', '--progress', mode, '-t', 'acme/hello', '--rm', context]);
    t.regex(stdout, ID);
    t.is(stderr, '');
  });
test('an image may get many names, and one none', async (t) => {
  const { context, varve, inspect } = place(simple);
  const { stdout } = await varve(['build', '-q', '-t', 'a', '-t', 'b:2', context]);
  t.is(await inspect(stdout.trim(), '{{json .RepoTags}}'), '["a:latest","b:2"]');
  await varve(['build', '-q', '--label', 'x=y', context]);
  t.is((await varve(['images', '-q', '--filter', 'dangling=true'])).stdout.split('\n').length, 2);
});

const builds = test.macro(async (t, argv: readonly string[], format: string, expected: string, dockerfile: string = simple.Dockerfile) => {
  const { context, varve, inspect } = place({ ...simple, Dockerfile: dockerfile });
  const { code, stderr } = await varve(['build', '-q', '-t', 'x', ...argv, context]);
  t.is(code, 0, stderr);
  t.is(await inspect('x', format), expected);
});
test('--build-arg sets an ARG', builds, ['--build-arg', 'WHO=me'], '{{.Config.Labels.who}}', 'me');
test('--build-arg may be empty', builds, ['--build-arg', 'WHO='], '{{json .Config.Labels.who}}', '""');
test(
  '--build-arg without a value that this environment lacks sets nothing',
  builds,
  ['--build-arg', 'WHO'],
  '{{.Config.Labels.who}}',
  'nobody',
);
test.serial('--build-arg without a value takes this environment’s', async (t) => {
  process.env.VARVE_TEST_WHO = 'env';
  t.teardown(() => {
    delete process.env.VARVE_TEST_WHO;
  });
  const { context, varve, inspect } = place({ ...simple, Dockerfile: simple.Dockerfile.replaceAll('WHO', 'VARVE_TEST_WHO') });
  await varve(['build', '-q', '-t', 'x', '--build-arg', 'VARVE_TEST_WHO', context]);
  t.is(await inspect('x', '{{.Config.Labels.who}}'), 'env');
});
test(
  '--label stands over the file’s',
  builds,
  ['--label', 'who=cli', '--label', 'empty'],
  '{{json .Config.Labels}}',
  '{"empty":"","who":"cli"}',
);
test(
  '--target stops at a stage',
  builds,
  ['--target', 'one'],
  '{{.Config.Labels.s}}',
  '1',
  'FROM scratch AS one\nLABEL s=1\nFROM scratch\nLABEL s=2\n',
);
test('--platform is the image’s', builds, ['--platform', 'linux/arm64'], '{{.Os}}/{{.Architecture}}', 'linux/arm64');
test('--source-date-epoch is the time of the image', builds, ['--source-date-epoch', '1700000000'], '{{.Created}}', '2023-11-14T22:13:20Z');
test(
  'SOURCE_DATE_EPOCH as a build argument is too',
  builds,
  ['--build-arg', 'SOURCE_DATE_EPOCH=0'],
  '{{.Created}}',
  '1970-01-01T00:00:00Z',
);
test(
  'SOURCE_DATE_EPOCH of the file is where nobody gives one',
  builds,
  [],
  '{{.Created}}',
  '1970-01-02T00:00:00Z',
  'ARG SOURCE_DATE_EPOCH=86400\nFROM scratch\nCOPY hello.txt /a\n',
);
test(
  '--squash leaves one layer',
  builds,
  ['--squash'],
  '{{len .RootFS.Layers}}',
  '1',
  'FROM scratch\nCOPY hello.txt /a\nCOPY hello.txt /b\n',
);
test(
  '--layers=false leaves one layer',
  builds,
  ['--layers=false'],
  '{{len .RootFS.Layers}}',
  '1',
  'FROM scratch\nCOPY hello.txt /a\nCOPY hello.txt /b\n',
);
test(
  '--layers=true leaves a layer for each step',
  builds,
  ['--layers=true'],
  '{{len .RootFS.Layers}}',
  '2',
  'FROM scratch\nCOPY hello.txt /a\nCOPY hello.txt /b\n',
);

test('options of docker’s that mean nothing here are named once', async (t) => {
  const { context, varve } = place(simple);
  const { code, stderr } = await varve([
    'build',
    '--progress=plain',
    '--rm',
    '--force-rm=false',
    '--isolation',
    'chroot',
    '--cgroup-parent=x',
    context,
  ]);
  t.is(code, 0);
  t.regex(stderr, /^Note: without effect here: --rm, --force-rm, --isolation, --cgroup-parent\n/);
});
test('attestations are named as not made, but not where nobody wants them', async (t) => {
  const said = async (...options: readonly string[]) => {
    const { context, varve } = place(simple);
    const { code, stderr } = await varve(['build', '--progress=plain', ...options, context]);
    t.is(code, 0, stderr);
    return /^Note: (.*)$/m.exec(stderr)?.[1];
  };
  t.is(
    await said('--provenance=mode=max', '--sbom', 'true', '--attest', 'type=sbom'),
    'without effect here: --provenance, --sbom, --attest',
  );
  t.is(await said('--provenance=false', '--sbom=false', '--attest', 'type=provenance,disabled=true', '--jobs', '2'), undefined);
});
test('the ID and what was built are written to files', async (t) => {
  const { at, context, varve, inspect } = place(simple);
  const [iid, metadata] = [join(at, 'iid'), join(at, 'metadata.json')];
  const { stdout } = await varve(['build', '-q', '-t', 'acme/x', '--iidfile', iid, '--metadata-file', metadata, context]);
  t.is(readFileSync(iid, 'utf8'), stdout.trim());
  t.like(JSON.parse(readFileSync(metadata, 'utf8')), {
    'containerimage.config.digest': stdout.trim(),
    'containerimage.digest': await inspect('acme/x', '{{.Descriptor.digest}}'),
    'image.name': 'docker.io/acme/x:latest',
  });
});
test('a file for the ID that cannot be written is named', async (t) => {
  const { at, context, varve } = place(simple);
  const { code, stderr } = await varve(['build', '-q', '--iidfile', join(at, 'missing', 'iid'), context]);
  t.is(code, 1);
  t.regex(stderr, /The image is built, but \S+missing\/iid cannot be written[\s\S]*\[OUTPUT_FAILED\]/);
});
test('an old ID does not outlive a build that fails', async (t) => {
  const { at, context, varve } = place({ Dockerfile: 'FROM scratch\nCOPY nothing /\n' });
  const iid = join(at, 'iid');
  writeFileSync(iid, 'old');
  t.is((await varve(['build', '-q', '--iidfile', iid, context])).code, 1);
  t.false(existsSync(iid));
});

test('-f names a file from here, or in the context', async (t) => {
  const { at, context, varve } = place({ ...simple, 'docker/Other': 'FROM scratch\nLABEL other=1\n' });
  writeFileSync(join(at, 'Outside'), 'FROM scratch\nCOPY hello.txt /\n');
  t.is((await varve(['build', '-q', '-f', join(at, 'Outside'), context])).code, 0);
  t.is((await varve(['build', '-q', '-f', 'docker/Other', context])).code, 0);
});
test('-f - reads the build file from stdin, with a context', async (t) => {
  const { context, varve, inspect } = place(simple);
  const { code } = await varve(['build', '-q', '-t', 'x', '-f', '-', context], 'FROM scratch\nCOPY hello.txt /\nLABEL from=stdin\n');
  t.is(code, 0);
  t.is(await inspect('x', '{{.Config.Labels.from}}'), 'stdin');
});
test('- reads the build file from stdin, without a context', async (t) => {
  const { varve } = place({});
  t.is((await varve(['build', '-q', '-'], 'FROM scratch\nLABEL a=b\n')).code, 0);
  const { code, stderr } = await varve(['build', '-q', '-'], 'FROM scratch\nCOPY x /\n');
  t.is(code, 1);
  t.regex(stderr, /^<stdin>:2\n[\s\S]*>>> COPY x \/[\s\S]*CONTEXT_MISSING/);
});
test('-o writes the files into a directory, a tar to stdout, an archive to a file', async (t) => {
  const { at, context, varve } = place(simple);
  const out = join(at, 'out');
  t.is((await varve(['build', '-q', '-o', out, context])).code, 0);
  t.is(readFileSync(join(out, 'hello.txt'), 'utf8'), 'hello\n');
  t.is((await varve(['build', '-q', '-o', `type=oci,dest=${join(at, 'x.tar')},name=acme/x`, context])).code, 0);
  t.regex(execFileSync('tar', ['-tf', join(at, 'x.tar')], { encoding: 'utf8' }), /^index\.json$/m);
  t.is((await varve(['images', '-q'])).stdout, '');
});

const fails = test.macro(
  async (t, argv: readonly string[], code: number, stderr: RegExp, files: Readonly<Record<string, string>> = simple) => {
    const { context, root, varve } = place(files);
    const outcome = await varve(['build', '--progress=quiet', ...argv.map((word) => word.replace('@', context))]);
    t.is(outcome.code, code, outcome.stderr);
    t.regex(outcome.stderr, stderr);
    t.notRegex(outcome.stderr, /^ {4}at /m);
    t.is(outcome.stdout, '');
    if (code === 2) t.false(existsSync(root));
  },
);
test(
  'no build file is an error that says where one was looked for',
  fails,
  ['@'],
  1,
  /failed to read dockerfile: open Dockerfile: no such file or directory\nHint: .*-f[\s\S]*SOURCE_MISSING/,
  {},
);
test(
  'a build file that is not there',
  fails,
  ['-f', 'nothing', '@'],
  1,
  /failed to read dockerfile: open nothing: no such file or directory\nHint: .*-f: Dockerfile\n[\s\S]*SOURCE_MISSING/,
);
test(
  'a context that is not there',
  fails,
  ['@/nothing'],
  1,
  /unable to prepare context: path ".*\/nothing" not found[\s\S]*CONTEXT_INVALID/,
);
test(
  'a context that is a file',
  fails,
  ['@/hello.txt'],
  1,
  /unable to prepare context: path ".*\/hello.txt" is not a directory[\s\S]*Hint: The build file is named with -f[\s\S]*CONTEXT_INVALID/,
);
test(
  'an unknown instruction shows its line and what was meant',
  fails,
  ['@'],
  1,
  /Dockerfile:2\n-+\n[\s\S]*>>> COPPY a b\n[\s\S]*unknown instruction: COPPY \(did you mean COPY\?\)/,
  { Dockerfile: 'FROM scratch\nCOPPY a b\n' },
);
test('a missing source of COPY shows its line', fails, ['@'], 1, /Dockerfile:2\n[\s\S]*>>> COPY nothing \/[\s\S]*COPY_NOT_FOUND/, {
  Dockerfile: 'FROM scratch\nCOPY nothing /\n',
});
test('a bad name', fails, ['-t', 'UPPER', '@'], 2, /repository name must be lowercase/);
test('a bad progress mode', fails, ['--progress', 'fancy', '@'], 2, /--progress expects auto, plain, tty, rawjson, quiet, found "fancy"/);
for (const [platform, said] of [
  ['a b', '"a b" is an invalid OS component of "a b": OSAndVersion specifier component must match'],
  ['linux/', '"" is an invalid component of "linux/": platform specifier component must match "^[A-Za-z0-9_.-]+$": invalid argument'],
  ['linux/$arch', '"$arch" is an invalid component of "linux/$arch": platform specifier component must match'],
  ['linux/*', '"linux/*": wildcards not yet supported: invalid argument'],
  ['linux/arm/v7/x', '"linux/arm/v7/x": cannot parse platform specifier: invalid argument'],
  ['amd46', '"amd46": unknown operating system or architecture: invalid argument'],
] as const)
  test(`the platform ${platform}`, fails, ['--platform', platform, '@'], 2, new RegExp(said.replaceAll(/[[\]$*+.^]/g, '\\$&')));
test('a bad ulimit', fails, ['--ulimit', 'nofile', '@'], 2, /--ulimit expects <type>=<soft>/);
test('a bad size', fails, ['--shm-size', 'big', '@'], 2, /--shm-size expects a size/);
test('a bad network', fails, ['--network', 'wifi', '@'], 2, /--network expects default, none or host/);
test(
  'a bad host name',
  fails,
  ['--build-arg', 'BUILDKIT_SANDBOX_HOSTNAME=a b', '@'],
  2,
  /BUILDKIT_SANDBOX_HOSTNAME expects a name .* found "a b"/,
);
test('a bad host', fails, ['--add-host', 'x', '@'], 2, /--add-host expects <host>:<ip>/);
test('a bad limit of memory', fails, ['-m', 'much', '@'], 2, /--memory expects a size like 512m, found "much"/);
test('a bad limit of memory and swap', fails, ['-m', '8m', '--memory-swap', '4m', '@'], 2, /expects at least what --memory says/);
test('a bad limit of processor time', fails, ['--cpu-quota', '1.5', '@'], 2, /--cpu-quota expects a whole number/);
test('a bad epoch', fails, ['--source-date-epoch', 'now', '@'], 2, /expects whole seconds since 1970/);
test('an output without a type', fails, ['-o', 'dest=x', '@'], 2, /--output expects type=/);
test(
  'an output of an unknown type',
  fails,
  ['-o', 'type=floppy', '@'],
  1,
  /No exporter writes outputs of type "floppy"[\s\S]*EXPORTER_NONE/,
);
test('an unknown storage driver', fails, ['--storage', 'btrfs', '@'], 1, /No storage driver called "btrfs"[\s\S]*HOST_UNSUPPORTED/, {
  Dockerfile: 'FROM scratch\nRUN ["/x"]\n',
});
test('a secret without a name', fails, ['--secret', 'src=/dev/null', '@'], 2, /--secret expects id=/);
test('a secret with an unknown field', fails, ['--secret', 'id=x,path=y', '@'], 2, /unexpected key 'path' in 'path=y'/);
test('a secret with half a field', fails, ['--secret', 'id', '@'], 2, /invalid field 'id' must be a key=value pair/);
test('a secret of another type', fails, ['--secret', 'id=x,type=vault', '@'], 2, /unsupported secret type "vault"/);
test('a secret whose file is missing', fails, ['--secret', 'id=x,src=/nowhere', '@'], 1, /failed to stat \/nowhere[\s\S]*SECRET_MISSING/);
test('an agent without a name', fails, ['--ssh', '=/x', '@'], 2, /--ssh expects default or <id>/);
test('stdin for both file and context', fails, ['-f', '-', '-'], 2, /can't use stdin for both build context and dockerfile/);
