import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import test from 'ava';
import { type FetchLimits, fetchUrl } from '../src/build/context/fetch-url.ts';
import { parseGitPlace } from '../src/build/context/git-place.ts';
import { BuildBench } from './build-bench.ts';
import { commit, git, serveGit } from './git-server.ts';

const simple = { Dockerfile: 'FROM scratch\nCOPY . /\n', 'hello.txt': 'hello\n' };
const left = ({ root }: BuildBench) => (existsSync(join(root, 'tmp')) ? readdirSync(join(root, 'tmp')) : []);

const recognised = test.macro({
  exec: (t, text: string, expected: ReturnType<typeof parseGitPlace>) => t.deepEqual(parseGitPlace(text), expected),
  title: (_, text, expected) => `${text} is ${expected === undefined ? 'no repository' : 'a repository'}`,
});
const place = (url: string, ref?: string, subdir?: string) => ({ url, ref, subdir });
test(recognised, 'https://example.org/a.git', place('https://example.org/a.git'));
test(recognised, 'https://example.org/a.git#v1', place('https://example.org/a.git', 'v1'));
test(recognised, 'https://example.org/a.git#v1:sub/dir', place('https://example.org/a.git', 'v1', 'sub/dir'));
test(recognised, 'https://example.org/a.git#:sub', place('https://example.org/a.git', undefined, 'sub'));
test(recognised, 'git://example.org/a', place('git://example.org/a'));
test(recognised, 'ssh://git@example.org:22/a.git#main', place('ssh://git@example.org:22/a.git', 'main'));
test(recognised, 'https://example.org/a.git?branch=main&subdir=sub', place('https://example.org/a.git', 'refs/heads/main', 'sub'));
test(recognised, 'https://example.org/a.git?commit=abc', { ...place('https://example.org/a.git', 'abc'), checksum: 'abc' });
test(recognised, 'https://example.org/a.git?commit=abc#main:sub', {
  ...place('https://example.org/a.git', 'main', 'sub'),
  checksum: 'abc',
});
test(recognised, 'https://example.org/a.git?tag=v1&subdir=sub#refs/tags/v1:sub', place('https://example.org/a.git', 'refs/tags/v1', 'sub'));
test(recognised, 'https://example.org/a.git?branch=refs/heads/main&submodules=true', place('https://example.org/a.git', 'refs/heads/main'));
test(recognised, 'https://example.org/a.git?keep-git-dir', { ...place('https://example.org/a.git'), keepGitDir: true });
test(recognised, 'https://example.org/a.git?keep-git-dir=0', { ...place('https://example.org/a.git'), keepGitDir: false });
test(recognised, 'https://example.org/a.tar.gz?x=.git', undefined);
test(recognised, 'git@github.com:owner/name.git#main:sub', place('git@github.com:owner/name.git', 'main', 'sub'));
test(recognised, 'github.com/owner/name#main', place('https://github.com/owner/name', 'main'));
test(recognised, 'https://example.org/a.tar.gz', undefined);
test(recognised, 'https://example.org/a.git/file.txt', undefined);
test(recognised, './directory', undefined);
test(recognised, 'ext::sh -c id', undefined);
test(recognised, 'git@-oProxyCommand=id:x', undefined);
test(recognised, 'ssh://-oProxyCommand=id/x', undefined);

test('a repository, a ref or a directory is named once', (t) => {
  t.throws(() => parseGitPlace('https://x.org/a.git?tag=v1#refs/heads/v1'), {
    message: 'ref conflicts: "refs/heads/v1" vs "refs/tags/v1"',
    code: 'USAGE',
  });
  t.throws(() => parseGitPlace('https://x.org/a.git?tag=v1&branch=v1'), { message: /^ref conflicts: / });
  t.throws(() => parseGitPlace('https://x.org/a.git?submodules=false'), { message: /is not asked for "submodules"/, code: 'USAGE' });
  t.throws(() => parseGitPlace('https://x.org/a.git?subdir=a#:b'), { message: 'subdir conflicts: "b" vs "a"', code: 'USAGE' });
});

test('a repository is a context, at a branch, tag or commit, or in a directory', async (t) => {
  using bench = new BuildBench();
  const repository = join(bench.folder, 'repository');
  const first = commit(repository, { ...simple, version: '1' });
  git(repository, 'tag', '-a', '-m', 'one', 'v1');
  git(repository, 'branch', 'old');
  const last = commit(repository, { version: '2', 'sub/Dockerfile': 'FROM scratch\nCOPY . /\n', 'sub/version': 'sub' });
  await using server = await serveGit(bench.folder);
  const url = `${server.url}/repository`;
  const versions: string[] = [];
  for (const fragment of [
    '',
    '#v1',
    '#old',
    '#main',
    `#${first}`,
    `#${first.slice(0, 9)}`,
    '#:sub',
    '#main:sub',
    '?tag=v1',
    '?branch=old',
    `?ref=main&checksum=${last}`,
    `?commit=${first}`,
  ]) {
    const out = join(bench.folder, `out${versions.length}`);
    const { code, stderr } = await bench.varve(['build', '-q', '-o', out, url + fragment]);
    t.is(code, 0, stderr);
    t.false(existsSync(join(out, '.git')));
    versions.push(readFileSync(join(out, 'version'), 'utf8'));
  }
  t.deepEqual(versions, ['2', '1', '1', '2', '1', '1', 'sub', 'sub', '1', '1', '2', '1']);
  t.deepEqual(left(bench), []);
});
test('file:// and another build file of the repository; the same modes for everybody', async (t) => {
  using bench = new BuildBench();
  const repository = join(bench.folder, 'repository');
  commit(repository, { ...simple, 'docker/Other': 'FROM scratch\nCOPY hello.txt /other\n' });
  const umask = process.umask(0o077);
  t.teardown(() => void process.umask(umask));
  const layout = join(bench.folder, 'image');
  const output = `type=tar,dest=${layout}`;
  const { code, stderr } = await bench.varve(['build', '-q', '-o', output, '-f', 'docker/Other', `file://${repository}`]);
  t.is(code, 0, stderr);
  t.regex(execFileSync('tar', ['-tvf', layout], { encoding: 'utf8' }), /^-rw-r--r-- .* other$/m);
});
test('BUILDKIT_CONTEXT_KEEP_GIT_DIR or the address keep .git', async (t) => {
  using bench = new BuildBench();
  const repository = join(bench.folder, 'repository');
  commit(repository, simple);
  for (const [n, asked] of [
    ['--build-arg=BUILDKIT_CONTEXT_KEEP_GIT_DIR=1', `file://${repository}`],
    [`file://${repository}?keep-git-dir=1`],
  ].entries()) {
    const out = join(bench.folder, `out${n}`);
    const { code } = await bench.varve(['build', '-q', '-o', out, ...asked]);
    t.is(code, 0);
    t.true(existsSync(join(out, '.git/HEAD')));
  }
});
test('git@host:path is fetched by the user’s ssh', async (t) => {
  using bench = new BuildBench();
  const repository = join(bench.folder, 'repository.git');
  commit(repository, simple);
  const ssh = join(bench.write('bin', { ssh: '#!/bin/sh\nfor command; do :; done\nexec sh -c "$command"\n' }), 'ssh');
  chmodSync(ssh, 0o755);
  process.env.GIT_SSH_COMMAND = ssh;
  t.teardown(() => {
    delete process.env.GIT_SSH_COMMAND;
  });
  const out = join(bench.folder, 'out');
  const { code, stderr } = await bench.varve(['build', '-q', '-o', out, `git@example.org:${repository}#HEAD`]);
  t.is(code, 0, stderr);
  t.deepEqual(readdirSync(out).sort(), ['Dockerfile', 'hello.txt']);
});
test('SOURCE_DATE_EPOCH=context is the time of a commit, of the newest file of an archive, or when a server says that it was changed', async (t) => {
  using bench = new BuildBench();
  const build = async (place: string, input?: Uint8Array) => {
    const { code, stderr } = await bench.varve(['build', '-q', '-t', 'x', '--build-arg=SOURCE_DATE_EPOCH=context', place], input);
    t.is(code, 0, stderr);
    return (Date.parse(await bench.inspect('x', '{{.Created}}')) / 1000).toString();
  };
  const repository = join(bench.folder, 'repository');
  commit(repository, { ...simple, Dockerfile: 'FROM scratch\nARG SOURCE_DATE_EPOCH\nLABEL at=$SOURCE_DATE_EPOCH\nCOPY hello.txt /\n' });
  const time = git(repository, 'show', '--no-patch', '--format=%ct');
  t.is(await build(`file://${repository}`), time);
  t.is(await bench.inspect('x', '{{.Config.Labels.at}}'), time);
  const tar = execFileSync('tar', ['-c', '--mtime=@1000000000', '-C', repository, 'Dockerfile', 'hello.txt']);
  t.is(await build('-', tar), '1000000000');
  const headers = { 'last-modified': 'Tue, 14 Nov 2023 22:13:20 GMT' };
  const server = createServer((_, response) => response.writeHead(200, headers).end(tar)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as { port: number };
  t.is(await build(`http://127.0.0.1:${port}/context.tar`), '1700000000');
  t.true(Math.abs(Number(await build(repository)) - Date.now() / 1000) < 24 * 3600); // a directory of this host has no time
});
test('submodules are there, unless they name files of this host', async (t) => {
  using bench = new BuildBench();
  commit(join(bench.folder, 'lib'), { 'lib.txt': 'lib' });
  await using server = await serveGit(bench.folder);
  const build = async (name: string, url: string) => {
    const repository = join(bench.folder, name);
    commit(repository, simple);
    git(repository, 'submodule', '--quiet', 'add', url, 'lib');
    commit(repository, {});
    const out = join(bench.folder, `out-${name}`);
    return { out, ...(await bench.varve(['build', '-q', '-o', out, `${server.url}/${name}`])) };
  };
  const good = await build('good', `${server.url}/lib`);
  t.is(good.code, 0, good.stderr);
  t.is(readFileSync(join(good.out, 'lib/lib.txt'), 'utf8'), 'lib');
  t.false(existsSync(join(good.out, 'lib/.git')));
  const bad = await build('bad', join(bench.folder, 'lib'));
  t.is(bad.code, 1);
  t.regex(bad.stderr, /transport 'file' not allowed[\s\S]*CONTEXT_GIT/);
});
test('no directory of a repository leads out of it', async (t) => {
  using bench = new BuildBench();
  const repository = join(bench.folder, 'repository');
  commit(repository, simple);
  symlinkSync('/etc', join(repository, 'out'));
  commit(repository, {});
  const { code, stderr } = await bench.varve(['build', '-q', `file://${repository}#:out`]);
  t.is(code, 1);
  t.regex(stderr, /subdir not found: .*"out"[\s\S]*CONTEXT_GIT/);
});
test('a repository or ref that is not there', async (t) => {
  using bench = new BuildBench();
  const repository = join(bench.folder, 'repository');
  commit(repository, simple);
  const says = async (url: string) => (await bench.varve(['build', '-q', url])).stderr;
  t.regex(await says(`file://${repository}#nothing`), /repository does not contain ref nothing[\s\S]*CONTEXT_GIT/);
  t.regex(await says(`file://user:password@${bench.folder}/none`), /failed to fetch remote file:\/\/\/[\s\S]*CONTEXT_GIT/);
  t.regex(await says(`file://${repository}?ref=main&checksum=0000000`), /expected checksum to match 0000000, got [0-9a-f]{40}/);
  t.regex(await says(`file://${repository}?what=main`), /not asked for "what"/);
  t.regex(await says(`file://${repository}#--upload-pack=id`), /Expected a branch, tag or commit/);
  t.deepEqual(left(bench), []);
});

type Answer = (request: IncomingMessage, response: ServerResponse) => void;
async function serve(answers: Readonly<Record<string, Answer>>): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((request, response) => {
    const answer = answers[request.url ?? ''];
    if (answer !== undefined) return answer(request, response);
    response.statusCode = 404;
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a server without a port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
const sends =
  (body: string | Uint8Array): Answer =>
  (_, response) =>
    void response.end(body);
const redirects =
  (location: string): Answer =>
  (_, response) =>
    void response.writeHead(302, { location }).end();

test('an archive of a server is a context; a text there is a build file', async (t) => {
  using bench = new BuildBench();
  const context = bench.write('context', { ...simple, 'docker/Other': 'FROM scratch\nCOPY hello.txt /other\n' });
  const tar = execFileSync('tar', ['-cz', '-C', context, '.']);
  await using server = await serve({
    '/context.tar.gz': sends(tar),
    '/moved': redirects('/context.tar.gz'),
    '/Dockerfile': sends('FROM scratch\nLABEL from=url\n'),
    '/Copying': sends('FROM scratch\nCOPY hello.txt /\n'),
  });
  const build = async (...argv: readonly string[]) => {
    const { code, stderr } = await bench.varve(['build', '-q', '-t', 'x', '-o', join(bench.folder, 'out'), ...argv]);
    t.is(code, 0, stderr);
    return readdirSync(join(bench.folder, 'out')).sort();
  };
  t.deepEqual(await build(`${server.url}/moved`), ['Dockerfile', 'docker', 'hello.txt']);
  t.true((await build('-f', 'docker/Other', `${server.url}/context.tar.gz`)).includes('other'));
  t.is((await bench.varve(['build', '-q', '-t', 'y', `${server.url}/Dockerfile`])).code, 0);
  t.is(await bench.inspect('y', '{{.Config.Labels.from}}'), 'url');
  t.is((await bench.varve(['build', '-q', '-f', `${server.url}/Copying`, context])).code, 0);
  t.deepEqual(left(bench), []);
});
test('named contexts may be repositories, archives and files of a server', async (t) => {
  using bench = new BuildBench();
  const repository = join(bench.folder, 'repository');
  commit(repository, { 'from-git': '' });
  const archive = execFileSync('tar', ['-c', '-C', bench.write('archived', { 'from-tar': '' }), '.']);
  await using server = await serve({ '/a.tar': sends(archive), '/dir/b.txt': sends('text') });
  const contexts = [`git=file://${repository}`, `tar=${server.url}/a.tar`, `file=${server.url}/dir/b.txt`];
  const text = 'FROM tar AS base\nFROM git\nCOPY --from=base . /\nCOPY --from=file . /\n';
  const out = join(bench.folder, 'out');
  const options = contexts.flatMap((context) => ['--build-context', context]);
  const { code, stderr } = await bench.varve(['build', '-q', '-o', out, ...options, '-'], text);
  t.is(code, 0, stderr);
  t.deepEqual(readdirSync(out).sort(), ['b.txt', 'from-git', 'from-tar']);
});

const LIMITS = { size: 1000, stall: 60_000, time: 60_000 };
const refuses = test.macro({
  async exec(t, answer: Answer, code: string, says: RegExp, limits: Partial<FetchLimits> = {}) {
    await using server = await serve({ '/x': answer });
    const read = async () => {
      const url = `${server.url.replace('//', '//user:password@')}/x`;
      const { signal } = new AbortController();
      for await (const chunk of fetchUrl(url, { signal, limits: { ...LIMITS, ...limits } })) t.true(chunk.length > 0);
    };
    const error = await t.throwsAsync(read, { code, message: says });
    t.notRegex(error.message, /password/);
  },
  title: (claim) => `${claim} is an error`,
});
const dribbles: Answer = (_, response) => {
  const timer = setInterval(() => response.write('x'), 100);
  response.on('close', () => clearInterval(timer));
};
const breaks: Answer = (_, response) => {
  response.writeHead(200, { 'content-length': 100 }).write('x');
  setTimeout(() => response.destroy(), 50);
};
test('more bytes than the limit', refuses, sends('x'.repeat(1001)), 'CONTEXT_TOO_LARGE', /at most 1000 bytes/);
test('a server that falls silent', refuses, () => {}, 'CONTEXT_FETCH', /nothing came for 0\.3 seconds/, { stall: 300 });
test('a body that falls silent', refuses, (_, response) => void response.write('x'), 'CONTEXT_FETCH', /nothing came/, { stall: 1000 });
test('a server that never ends', refuses, dribbles, 'CONTEXT_FETCH', /took more than 1\.5 seconds/, { time: 1500 });
test('a circle of redirects', refuses, redirects('/x'), 'CONTEXT_FETCH', /redirects more than 10 times/);
test('a redirect to a file of this host', refuses, redirects('file:///etc/passwd'), 'CONTEXT_FETCH', /only http and https are fetched/);
test('a status other than 200', refuses, (_, response) => void response.writeHead(503).end(), 'CONTEXT_FETCH', /answered 503/);
test('a connection that breaks', refuses, breaks, 'CONTEXT_FETCH', /failed to fetch remote URL/);
