import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import test from 'ava';
import { BuildBench } from './build-bench.ts';

const simple = { Dockerfile: 'FROM scratch\nCOPY hello.txt /\nLABEL from=context\n', 'hello.txt': 'hello\n' };
const tarOf = (directory: string, flag = 'c') => execFileSync('tar', [`-${flag}`, '-C', directory, '.']);
const left = ({ root }: BuildBench) => (existsSync(join(root, 'tmp')) ? readdirSync(join(root, 'tmp')) : []);

const COMPRESSIONS: readonly (readonly [string, (directory: string) => Uint8Array])[] = [
  ['plain', (directory) => tarOf(directory)],
  ['gzip', (directory) => tarOf(directory, 'cz')],
  ['bzip2', (directory) => tarOf(directory, 'cj')],
  ['xz', (directory) => tarOf(directory, 'cJ')],
  ['zstd', (directory) => zstdCompressSync(tarOf(directory))],
  ['older than POSIX', (directory) => execFileSync('tar', ['-c', '--format=v7', '-C', directory, '.'])],
];
for (const [name, pack] of COMPRESSIONS)
  test(`- takes a tar (${name}) as the context, and leaves nothing of it behind`, async (t) => {
    using bench = new BuildBench();
    const context = bench.write('context', { ...simple, '.dockerignore': 'secret\n', secret: 'x' });
    const { code, stderr } = await bench.varve(['build', '-q', '-o', join(bench.folder, 'out'), '-'], pack(context));
    t.is(code, 0, stderr);
    t.is(readFileSync(join(bench.folder, 'out/hello.txt'), 'utf8'), 'hello\n');
    t.deepEqual(left(bench), []);
  });
test('nothing is left of a context whose build fails', async (t) => {
  using bench = new BuildBench();
  const context = bench.write('context', { Dockerfile: 'FROM scratch\nCOPY missing /\n' });
  t.is((await bench.varve(['build', '-q', '-'], tarOf(context))).code, 1);
  t.deepEqual(left(bench), []);
});
test('-f names a file of a context on stdin, and stands beside its ignore file', async (t) => {
  using bench = new BuildBench();
  const context = bench.write('context', {
    ...simple,
    'docker/Other': 'FROM scratch\nCOPY hello* more docker* /\n',
    'docker/Other.dockerignore': 'hello.txt\nDockerfile\n',
    more: '',
  });
  const out = join(bench.folder, 'out');
  const { code, stderr } = await bench.varve(['build', '-q', '-f', 'docker/Other', '-o', out, '-'], tarOf(context));
  t.is(code, 0, stderr);
  t.deepEqual(readdirSync(out).sort(), ['Other', 'Other.dockerignore', 'more']);
});
test('a build file of this host, by an absolute path, builds a context on stdin', async (t) => {
  using bench = new BuildBench();
  const context = bench.write('context', simple);
  const outside = join(bench.write('outside', { Dockerfile: 'FROM scratch\nCOPY hello.txt /\nLABEL from=outside\n' }), 'Dockerfile');
  t.is((await bench.varve(['build', '-q', '-t', 'x', '-f', outside, '-'], tarOf(context))).code, 0);
  t.is(await bench.inspect('x', '{{.Config.Labels.from}}'), 'outside');
});
test('a Containerfile is taken where there is no Dockerfile', async (t) => {
  using bench = new BuildBench();
  const context = bench.write('context', { Containerfile: 'FROM scratch\nLABEL from=containerfile\n' });
  t.is((await bench.varve(['build', '-q', '-t', 'x', context])).code, 0);
  t.is(await bench.inspect('x', '{{.Config.Labels.from}}'), 'containerfile');
});

interface Failure {
  readonly files?: Readonly<Record<string, string>>;
  readonly argv: readonly string[];
  readonly stdin?: string | ((context: string) => Uint8Array);
  readonly code: 1 | 2;
  readonly says: RegExp;
}
const fails = test.macro<[Failure]>({
  async exec(t, { files = simple, argv, stdin = '', code, says }) {
    using bench = new BuildBench();
    const context = bench.write('context', files);
    const outcome = await bench.varve(
      ['build', '-q', ...argv.map((word) => word.replace('@', context))],
      typeof stdin === 'string' ? stdin : stdin(context),
    );
    t.is(outcome.code, code, outcome.stderr);
    t.regex(outcome.stderr, says);
    t.false(outcome.stderr.includes(bench.root), 'says where temporary files lie');
    t.deepEqual(left(bench), []);
  },
  title: (_, { argv, says }) => `${argv.join(' ')} fails: ${says.source}`,
});
test(fails, { argv: ['-'], code: 1, says: /the Dockerfile \(<stdin>\) cannot be empty[\s\S]*SOURCE_EMPTY/ });
test(fails, { argv: ['-f', '-', '@'], code: 1, says: /the Dockerfile \(<stdin>\) cannot be empty[\s\S]*SOURCE_EMPTY/ });
test(fails, { argv: ['-f', '-', '-'], code: 2, says: /can't use stdin for both build context and dockerfile/ });
test(fails, {
  argv: ['-f', 'Other', '-'],
  stdin: 'FROM scratch\n',
  code: 2,
  says: /ambiguous Dockerfile source: both stdin and flag correspond to Dockerfiles/,
});
test(fails, {
  argv: ['-f', '../x', '-'],
  stdin: tarOf,
  code: 1,
  says: /the Dockerfile \(\.\.\/x\) must be within the build context[\s\S]*SOURCE_OUTSIDE/,
});
test(fails, {
  argv: ['-f', 'a/../../x', '-'],
  stdin: tarOf,
  code: 1,
  says: /must be within the build context/,
});
test(fails, {
  argv: ['-'],
  files: { 'docker/Dockerfile.dev': '', 'app.dockerfile': '', 'app.dockerfile.dockerignore': '', 'x/y/Dockerfile': '' },
  stdin: tarOf,
  code: 1,
  says: /open Dockerfile: no such file or directory\nHint: Name the one that is meant with -f: app\.dockerfile, docker\/Dockerfile\.dev\n/,
});
test(fails, { argv: ['-f', 'sub', '@'], files: { 'sub/x': '' }, code: 1, says: /failed to read dockerfile: read .*sub: is a directory/ });
test(fails, {
  argv: ['-'],
  files: { Dockerfile: 'FROM scratch\nCOPPY a b\n' },
  stdin: tarOf,
  code: 1,
  says: /^Dockerfile:2\n[\s\S]*>>> COPPY a b/,
});
test(fails, {
  argv: ['-'],
  stdin: 'FROM scratch\n'.repeat(2_000_000),
  code: 1,
  says: /more than 16777216 bytes of text[\s\S]*SOURCE_TOO_LARGE/,
});
test(fails, {
  argv: ['-'],
  stdin: (context) => tarOf(context, 'cz').subarray(0, 60),
  code: 1,
  says: /COMPRESSION_CORRUPT/,
});

test('a build file that is a symlink out of a context on stdin is not read', async (t) => {
  using bench = new BuildBench();
  const secret = join(bench.write('outside', { secret: 'FROM scratch\nLABEL secret=1\n' }), 'secret');
  const context = bench.write('context', {});
  symlinkSync(secret, join(context, 'Dockerfile'));
  const { code, stderr } = await bench.varve(['build', '-q', '-'], tarOf(context));
  t.is(code, 1);
  t.regex(stderr, /SOURCE_MISSING/);
});

test('a named context may be a directory or an image in a layout', async (t) => {
  using bench = new BuildBench();
  const [context, other, layout] = [bench.write('context', simple), bench.write('other', { o: 'other' }), join(bench.folder, 'layout')];
  t.is((await bench.varve(['build', '-q', '-o', `type=oci,tar=false,name=acme/x:1,dest=${layout}`, context])).code, 0);
  const contexts = [`dir=${other}`, `image=oci-layout://${layout}:acme/x:1`].flatMap((text) => ['--build-context', text]);
  const out = join(bench.folder, 'out');
  const text = 'FROM image\nCOPY --from=dir o /\nCOPY --from=image hello.txt /again\n';
  const { code, stderr } = await bench.varve(['build', '-q', '-o', out, ...contexts, '-'], text);
  t.is(code, 0, stderr);
  t.deepEqual(readdirSync(out).sort(), ['again', 'hello.txt', 'o']);
});
test('a named context may be an image that stands before the one of its name', async (t) => {
  using bench = new BuildBench();
  t.is((await bench.varve(['build', '-q', '-t', 'acme/own', bench.write('context', simple)])).code, 0);
  const { code, stderr } = await bench.varve(
    ['build', '-q', '-t', 'x', '--build-context', 'alpine=docker-image://acme/own', '-'],
    'FROM alpine\n',
  );
  t.is(code, 0, stderr);
  t.is(await bench.inspect('x', '{{.Config.Labels.from}}'), 'context');
});
test('a named context may be a stage of the same file', async (t) => {
  using bench = new BuildBench();
  const context = bench.write('context', simple);
  const out = join(bench.folder, 'out');
  const text = 'FROM scratch AS other\nLABEL other=1\nCOPY hello.txt /from-stage\nFROM base\nCOPY hello.txt /\n';
  const { code, stderr } = await bench.varve(['build', '-q', '-o', out, '--build-context', 'base=target:other', '-f', '-', context], text);
  t.is(code, 0, stderr);
  t.deepEqual(readdirSync(out).sort(), ['from-stage', 'hello.txt']);
  t.deepEqual(left(bench), []);
});
test(fails, {
  argv: ['--build-context', 'x=nowhere', '@'],
  code: 1,
  says: /failed to get build context x: stat nowhere: no such file or directory[\s\S]*CONTEXT_INVALID/,
});
test(fails, {
  argv: ['--build-context', 'x=@/hello.txt', '@'],
  code: 1,
  says: /failed to get build context x: .*hello\.txt: not a directory/,
});
