import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDir } from '@varve/core/testing';
import anyTest from 'ava';
import { compose, fingerprint } from './copy-bench.ts';
import { add, Repository, serveFiles, startDaemon } from './git-bench.ts';

const test = existsSync('/usr/bin/git') ? anyTest : anyTest.skip;

const files = { 'a.txt': 'A', 'bin/run+x': '#!/bin/sh\n', 'dir/sub/x': 'X', link: '->a.txt' };

test('a repository is its files at the default branch, with modes and time of the commit', async (t) => {
  const repository = new Repository(t);
  repository.commit(files);
  const what = add(t, `${await startDaemon(t, repository.base)}/repo.git`);
  const { layer, draft } = await compose(what);
  t.deepEqual(layer, [
    'o d755 0:0',
    'o/a.txt f644 0:0 A',
    'o/bin d755 0:0',
    'o/bin/run f755 0:0 #!/bin/sh\n',
    'o/dir d755 0:0',
    'o/dir/sub d755 0:0',
    'o/dir/sub/x f644 0:0 X',
    'o/link l 0:0 -> a.txt',
  ]);
  t.true([...draft.index].slice(1).every((entry) => 'mtime' in entry && entry.mtime.seconds === 1_000_000_000));
  t.deepEqual(readdirSync(join(what.root, 'tmp')), [], 'the checkout is gone');
});

const takes = anyTest.macro({
  async exec(t, ref: string, expected: string, more: object = {}) {
    const repository = new Repository(t);
    const first = repository.commit({ f: 'first', 'd/one': '1', up: '->..' });
    repository.git('tag', '--annotate', '--message=x', 'v1');
    repository.git('tag', 'light');
    repository.git('branch', 'other/branch');
    repository.git('update-ref', 'refs/pull/7/head', first);
    repository.commit({ f: 'second' });
    const { layer } = await compose(add(t, repository.url, { ref: ref === 'commit' ? first : ref, ...more }));
    t.true(
      layer.some((line) => line.endsWith(expected)),
      layer.join('\n'),
    );
  },
  title: (_, ref, __, more) => `takes ${ref}${more === undefined ? '' : ` ${JSON.stringify(more)}`}`,
});
test(takes, 'main', 'second');
test(takes, 'HEAD', 'second');
test(takes, 'v1', 'first');
test(takes, 'light', 'first');
test(takes, 'other/branch', 'first');
test(takes, 'refs/heads/other/branch', 'first');
test(takes, 'pull/7/head', 'first');
test(takes, 'commit', 'first');
test(takes, 'v1', 'o/one f644 0:0 1', { subdir: 'd' });
test(takes, 'v1', 'o/one f644 0:0 1', { subdir: 'up/up/d/' });

test('the commit is the key: a branch that moves is copied anew, and what is copied is what the key says', async (t) => {
  const repository = new Repository(t);
  const first = repository.commit({ f: '1' });
  const key = () => fingerprint(add(t, repository.url));
  const before = await key();
  t.true(JSON.stringify(before).includes(first));
  t.deepEqual(await key(), before);
  repository.commit({ f: '2' });
  t.notDeepEqual(await key(), before);
});

test('submodules are there, also by relative addresses', async (t) => {
  const base = temporaryDir(t);
  const inner = new Repository(t, 'inner.git', base);
  inner.commit({ i: 'inner' });
  const outer = new Repository(t, 'outer.git', base);
  const url = await startDaemon(t, base);
  outer.git('submodule', '--quiet', 'add', inner.url, 'sub/module');
  writeFileSync(join(outer.dir, '.gitmodules'), '[submodule "sub/module"]\n\tpath = sub/module\n\turl = ../inner.git\n');
  outer.commit({ o: 'outer' });
  const { layer } = await compose(add(t, `${url}/outer.git`));
  t.deepEqual(
    layer.filter((line) => / f/.test(line) && !line.includes('.gitmodules')),
    ['o/o f644 0:0 outer', 'o/sub/module/i f644 0:0 inner'],
  );
});

test('a submodule never names files of this host', async (t) => {
  const base = temporaryDir(t);
  const inner = new Repository(t, 'inner.git', base);
  inner.commit({ i: 'inner' });
  const outer = new Repository(t, 'outer.git', base);
  outer.git('submodule', '--quiet', 'add', inner.url, 'module');
  outer.commit({ o: 'outer' });
  const url = `${await startDaemon(t, base)}/outer.git`;
  await t.throwsAsync(() => compose(add(t, url)), { code: 'GIT_FAILED', message: /transport 'file' not allowed|clone of .* failed/ });
});

test('--keep-git-dir keeps a repository that git can work with', async (t) => {
  const repository = new Repository(t);
  repository.commit(files);
  const { layer } = await compose(add(t, repository.url, { keepGitDir: true }));
  const config = layer.find((line) => line.startsWith('o/.git/config '));
  t.regex(config ?? '', /url = file:/);
  t.true(layer.some((line) => line.startsWith('o/.git/HEAD ')));
  t.false(layer.some((line) => /FETCH_HEAD|\/logs/.test(line)));
});

test('a checksum is the commit, or how it begins', async (t) => {
  const repository = new Repository(t);
  const commit = repository.commit(files);
  for (const checksum of [commit, commit.slice(0, 10), commit.toUpperCase()])
    await t.notThrowsAsync(() => compose(add(t, repository.url, { checksum })));
  const wrong = commit.replaceAll(/./g, (digit) => (digit === '0' ? '1' : '0'));
  await t.throwsAsync(() => fingerprint(add(t, repository.url, { checksum: wrong })), {
    code: 'GIT_CHECKSUM',
    message: `expected checksum to match ${wrong}, got ${commit}`,
  });
});

test('a commit of which the beginning is given, where it has a name', async (t) => {
  const repository = new Repository(t);
  const first = repository.commit({ f: 'first' });
  repository.git('tag', '--annotate', '--message=x', 'v1');
  repository.commit({ f: 'second' });
  const { layer } = await compose(add(t, repository.url, { ref: first.slice(0, 8), checksum: first.slice(0, 8) }));
  t.is(layer.at(-1), 'o/f f644 0:0 first');
});

test('a commit of which the beginning is given, which has no name', async (t) => {
  const repository = new Repository(t);
  repository.commit({ f: 'first' });
  const second = repository.commit({ f: 'second' });
  repository.commit({ f: 'third' });
  const what = add(t, repository.url, { ref: second.slice(0, 9) });
  t.is((await compose(what)).layer.at(-1), 'o/f f644 0:0 second');
  t.deepEqual(readdirSync(join(what.root, 'tmp')), [], 'the history is gone');
});

test('equal commits give equal bytes', async (t) => {
  const repository = new Repository(t);
  repository.commit(files);
  const [a, b] = [await compose(add(t, repository.url)), await compose(add(t, repository.url))];
  t.deepEqual(a.draft.index, b.draft.index);
});

const refuses = anyTest.macro({
  async exec(t, more: object, code: string, message: RegExp) {
    const repository = new Repository(t);
    repository.commit({ ...files, out: '->/etc' });
    const { url = repository.url, ...rest } = more as { url?: string };
    await t.throwsAsync(() => compose(add(t, url, rest)), { code, message });
  },
  title: (claim) => `refuses ${claim}`,
});
test('an option as a ref', refuses, { ref: '--upload-pack=touch /tmp/x' }, 'GIT_SOURCE', /Expected a branch/);
test('a revision as a ref', refuses, { ref: 'main~1' }, 'GIT_SOURCE', /Expected a branch/);
test('a helper as an address', refuses, { url: 'ext::sh -c true' }, 'GIT_SOURCE', /Expected a git repository by https, http, ssh, git/);
test('an option as an address', refuses, { url: '--upload-pack=x' }, 'GIT_SOURCE', /Expected a git repository/);
test('an option as a host', refuses, { url: 'ssh://-oProxyCommand=x/y' }, 'GIT_SOURCE', /Expected a git repository/);
test(
  'a checksum that is none',
  refuses,
  { checksum: 'foobar' },
  'GIT_CHECKSUM',
  /^invalid checksum foobar for Git URL, expected hex commit hash$/,
);
test('the beginning of a commit that is not there', refuses, { ref: 'abcdef12' }, 'GIT_REF', /^repository does not contain ref abcdef12: /);
test('too little of a commit', refuses, { ref: 'abcdef' }, 'GIT_REF', /^repository does not contain ref abcdef: /);
test(
  'the beginning of a commit that is not there, as a checksum, too',
  refuses,
  { ref: '0abcdef1', checksum: '0abcdef1' },
  'GIT_REF',
  /^repository does not contain ref 0abcdef1: /,
);
test('a ref that is not there', refuses, { ref: 'nope' }, 'GIT_REF', /^repository does not contain ref nope: /);
test('a commit that is not there', refuses, { ref: '1'.repeat(40) }, 'GIT_FAILED', /failed to fetch remote file:/);
test('a directory that is not there', refuses, { subdir: 'nope' }, 'GIT_DIRECTORY', /no directory "nope"/);
test('a directory outside', refuses, { subdir: 'out/ssl' }, 'GIT_DIRECTORY', /no directory "out\/ssl"/);
test(
  'a repository that is not there',
  refuses,
  { url: 'file:///nowhere.git' },
  'GIT_FAILED',
  /failed to fetch remote file:\/\/\/nowhere.git: /,
);

const TOKEN = 'token-of-this-test';
const basic = `basic ${Buffer.from(`x-access-token:${TOKEN}`).toString('base64')}`;
const secretFile = (dir: string): string => {
  writeFileSync(join(dir, 'token'), `${TOKEN}\n`);
  return join(dir, 'token');
};
test('a token that was given as a secret opens a repository, also on a server that knows files alone', async (t) => {
  const repository = new Repository(t);
  repository.commit(files);
  const { host } = await serveFiles(t, repository, basic);
  for (const id of ['GIT_AUTH_TOKEN', 'GIT_AUTH_TOKEN.127.0.0.1']) {
    const request = { secrets: { [id]: { file: secretFile(temporaryDir(t)) } } };
    const { layer } = await compose(add(t, `http://${host}/repo.git`, { keepGitDir: true }, { request }));
    t.true(layer.includes('o/a.txt f644 0:0 A'));
    t.false(JSON.stringify(layer).includes(TOKEN));
  }
});
test('without it the error says what is missing, and no credentials of an address', async (t) => {
  const repository = new Repository(t);
  repository.commit(files);
  const { host, brought } = await serveFiles(t, repository, basic);
  const what = add(t, `http://somebody:${TOKEN}@${host}/repo.git`);
  const error = await t.throwsAsync(() => fingerprint(what), {
    code: 'GIT_FAILED',
    message: new RegExp(`^failed to fetch remote http://${host}/repo.git: `),
  });
  t.true(
    brought.some((header) => header !== undefined),
    'those of the address were tried',
  );
  t.notRegex(JSON.stringify([error, String(error?.cause), error?.message]), new RegExp(`${TOKEN}|somebody`));
});
test('credentials of an address are not in the repository that is kept', async (t) => {
  const repository = new Repository(t);
  repository.commit(files);
  const { host } = await serveFiles(t, repository, `Basic ${Buffer.from(`somebody:${TOKEN}`).toString('base64')}`);
  const { layer } = await compose(add(t, `http://somebody:${TOKEN}@${host}/repo.git`, { keepGitDir: true }));
  t.true(layer.some((line) => line.includes(`url = http://${host}/repo.git`)));
  t.notRegex(layer.join('\n'), new RegExp(TOKEN));
});
