import { createRequire } from 'node:module';
import { createPatternMatcher, parentOf } from '@varve/core/archive';
import test from 'ava';

const ignores = test.macro({
  exec(t, patterns: string | readonly string[], path: string, expected: boolean, onWalk: boolean = expected) {
    const matcher = createPatternMatcher([patterns].flat());
    t.is(matcher.matches(path), expected);
    // The walk agrees, directory by directory, but where it is as forgetful as BuildKit's.
    let results: ReturnType<typeof matcher.matchBelow> | undefined;
    for (const [i] of [...path.split('/').entries()]) {
      const part = path
        .split('/')
        .slice(0, i + 1)
        .join('/');
      results = matcher.matchBelow(part, results);
    }
    t.is(results?.matched, onWalk, 'on a walk');
  },
  title: (_, patterns, path, expected) => `${[patterns].flat().join(' ; ')} ${expected ? 'matches' : 'does not match'} ${path}`,
});
// Expectations follow the rules that docker documents for .dockerignore and the behaviour of moby/patternmatcher.
test(ignores, '**', 'file', true);
test(ignores, '**/', 'dir/file', true);
test(ignores, '**/**', 'dir/file', true);
test(ignores, 'dir/**', 'dir/file', true);
test(ignores, 'dir/**', 'dir/a/b', true);
test(ignores, 'dir/**', 'dir', false);
test(ignores, '**/dir', 'dir', true);
test(ignores, '**/dir', 'dir/file', true);
test(ignores, '**/dir', 'a/b/dir', true);
test(ignores, '**/dir2/*', 'dir/dir2/file', true);
test(ignores, '**/dir2/**', 'dir/dir2/dir3/file', true);
test(ignores, '**file', 'dir/file', true);
test(ignores, '**file', 'dir/myfile', true);
test(ignores, '**/file', 'dir/myfile', false);
test(ignores, '**/file*', 'a/b/file.txt', true);
test(ignores, '**/file*txt', 'a/b/file.txt', true);
test(ignores, '**/**/*.txt', 'file.txt', true);
test(ignores, '**/**/*.txt2', 'a/b/file.txt', false);
test(ignores, 'a**/*.txt', 'a/b/c/file.txt', true);
test(ignores, 'a/*.txt', 'a/b/file.txt', false);
test(ignores, 'a/*.txt**', 'a/file.txt', true);
test(ignores, 'a[b-d]e', 'ace', true);
test(ignores, 'a[b-d]e', 'aae', false);
test(ignores, 'a[^b-d]e', 'aze', true);
test(ignores, '.*', '.foo', true);
test(ignores, '.*', 'foo', false);
test(ignores, 'abc.def', 'abcZdef', false);
test(ignores, 'abc?def', 'abcZdef', true);
test(ignores, 'a\\*b', 'a*b', true);
test(ignores, 'a\\\\', 'a\\', true);
test(ignores, '**/.foo', 'bar.foo', false);
test(ignores, 'a(b)c/def', 'a(b)c/def', true);
test(ignores, 'dist/*.whl', 'dist/p.py-2.4+g08.whl', true);
test(ignores, 'docs', 'docs/a/b/c', true);
test(ignores, 'docs/', 'docs/a', true);
test(ignores, '/docs', 'docs/a', true);
test(ignores, './docs/../src', 'src/a', true);
test(ignores, '../src', 'src', false);
test(ignores, '  docs  ', 'docs', true);
test(ignores, ['docs', '!docs/README.md'], 'docs/README.md', false);
test(ignores, ['docs', '!docs/README.md'], 'docs/other.md', true);
test(ignores, ['docs', '! docs/README.md'], 'docs/README.md', false);
test(ignores, ['!a.go', '*.go'], 'a.go', true);
test(ignores, ['*.go', '!a.go'], 'a.go', false);
test(ignores, ['**', '!util/docker/web'], 'util/docker/web/foo', false);
test(ignores, ['**', '!util/docker/web', 'util/docker/web/foo'], 'util/docker/web/foo', true);
test(ignores, ['**', '!util/docker/web', 'util/docker/web/foo'], 'util/docker/web/bar', false);
test(ignores, ['a/b', '!a', 'a/b/c'], 'a/b/c', true);
test(ignores, ['a/b', '!a', 'a/b/c'], 'a/b/d', false, true);
test(ignores, ['**/b', '!a'], 'a/b', false, true);
test(ignores, ['**/b', '!a'], 'a/c', false);
test(ignores, ['*', '!a', '**/b'], 'a/c', false);
test(ignores, ['*', '!a', '**/b'], 'a/b', true);
test(ignores, ['a', '!**/b'], 'a/b/c', false);
test(ignores, ['', '  ', '.', '/'], 'a', false);

test(ignores, 'a**/b', 'ab', true);
test(ignores, 'a**/b', 'a/c/b', true);
test(ignores, 'a/**/b', 'a/b', true);
test(ignores, 'a/**/b', 'ab', false);
test(ignores, 'a/b\\*', 'a/b*', true);
test(ignores, '**/a/*/c?', 'x/a/b/cd', true);
test(ignores, ['**/c', '!b', '*a', 'a/**', '!**/d'], 'a/d', false);
test(ignores, ['**/c', '!b', '*a', 'a/**', '!**/d'], 'a/b/c', true);

const isQuick = test.macro<[(i: number) => string]>({
  exec(t, pattern) {
    const matcher = createPatternMatcher(Array.from({ length: 10_000 }, (_, i) => pattern(i)));
    for (let i = 0; i < 20_000; i++) t.false(matcher.matchBelow(`dir/sub${i % 100}/file${i}`).matched);
  },
  title: (_, pattern) => `10,000 patterns like ${pattern(1)} for 20,000 files`,
});
test(isQuick, (i) => `some/dir/file${i}.txt`);
test(isQuick, (i) => `**/file${i}.txt`);
test(isQuick, (i) => `dir/*/f*${i}.o`);
test(isQuick, (i) => `${i % 2 ? '!' : ''}**/a${i}/**/b*`);

const isInvalid = test.macro({
  exec(t, pattern: string) {
    t.throws(() => createPatternMatcher([pattern]), { code: 'PATTERN_INVALID' });
  },
  title: (_, pattern) => `${pattern} is invalid`,
});
test(isInvalid, '!');
test(isInvalid, '[');
test(isInvalid, 'a\\');
test(isInvalid, '![x-]');

const mayReinclude = test.macro({
  exec(t, patterns: readonly string[], dir: string, expected: boolean) {
    t.is(createPatternMatcher(patterns).mayReincludeBelow(dir), expected);
  },
  title: (_, patterns: readonly string[], dir, expected) =>
    `${patterns.join(' ; ')} ${expected ? 'may take something back' : 'takes nothing back'} below ${dir}`,
});
test(mayReinclude, ['a'], 'a', false);
test(mayReinclude, ['a', '!a/b'], 'a', true);
test(mayReinclude, ['a', '!a/b/c'], 'a/b', true);
test(mayReinclude, ['a', '!b/c'], 'a', false);
test(mayReinclude, ['a', '!ab'], 'a', false);
test(mayReinclude, ['a', '!**/x'], 'a/b/c', true);
test(mayReinclude, ['a', '!*/x'], 'a/b', false);
test(mayReinclude, ['a', '!*/x'], 'a', true);

test('the root is never ignored', (t) => {
  t.false(createPatternMatcher(['**', '.', '*']).matches(''));
});

test('a matcher that only takes back is empty', (t) => {
  t.true(createPatternMatcher(['!a', '!b']).isEmpty);
});

/** The package's own types do not fit its exports. */
interface Oracle {
  add(patterns: string[]): Oracle;
  ignores(path: string): boolean;
}

test('@balena/dockerignore agrees', (t) => {
  const dockerignore = createRequire(import.meta.url)('@balena/dockerignore') as () => Oracle;
  const sets = [
    ['*.md', '!README*.md', 'README-secret.md'],
    ['**/node_modules', '!keep/node_modules/x'],
    ['*', '!src', 'src/**/*.log'],
    ['a/*/c', '!a/b/c'],
  ];
  const names = ['a', 'b', 'c', 'x', 'src', 'keep', 'node_modules', 'README.md', 'README-secret.md', 'deep.log'];
  const paths = names.flatMap((one) => [
    one,
    ...names.flatMap((two) => [`${one}/${two}`, ...names.map((three) => `${one}/${two}/${three}`)]),
  ]);
  for (const patterns of sets) {
    const matcher = createPatternMatcher(patterns);
    const oracle = dockerignore().add([...patterns]);
    const wrong = paths.filter((path) => matcher.matches(path) !== oracle.ignores(path));
    t.deepEqual(wrong, [], `${patterns} ${wrong.map(parentOf)}`);
  }
});
