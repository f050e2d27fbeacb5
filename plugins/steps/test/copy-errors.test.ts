import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VarveError } from '@varve/core';
import { createPatternMatcher, DirectoryTree } from '@varve/core/archive';
import { temporaryDir } from '@varve/core/testing';
import test from 'ava';
import { type Case, compose, copy, fingerprint, STAGE, unpacked } from './copy-bench.ts';

const source = { a: 'A', b: 'B', 'd/x': 'X', 'd/s/y': 'Y' } as const;

interface Expected {
  readonly code: string;
  readonly message: string | RegExp;
  readonly hint?: RegExp;
}

const refuses = test.macro({
  async exec(t, what: Case, { code, message, hint }: Expected) {
    const error = await t.throwsAsync(() => compose(what));
    if (!VarveError.is(error)) return t.fail(String(error));
    t.is(error.code, code);
    if (typeof message === 'string') t.is(error.message, message);
    else t.regex(error.message, message);
    if (hint !== undefined) t.regex(error.hint ?? '', hint);
  },
  title: (claim = '') => claim,
});

const notFound = (path: string, where = 'the build context') =>
  `failed to compute cache key: failed to calculate checksum of ${where}: "${path}": not found`;

test(
  'a literal source that is missing, with the nearest name',
  refuses,
  { source: { 'requirements.txt': '' }, step: copy('requirments.txt /') },
  {
    code: 'COPY_NOT_FOUND',
    message: notFound('/requirments.txt'),
    hint: /^Did you mean requirements\.txt\?$/,
  },
);
test(
  'a missing directory on the way',
  refuses,
  { source, step: copy('e/x /') },
  { code: 'COPY_NOT_FOUND', message: notFound('/e/x'), hint: /Did you mean a or b or d\?/ },
);
test(
  'with nothing near, what there is',
  refuses,
  { source, step: copy('d/something /') },
  { code: 'COPY_NOT_FOUND', message: notFound('/d/something'), hint: /"\/d" has s, x\./ },
);
test(
  'a missing file of a stage names the stage',
  refuses,
  { source, step: copy('nope /', { from: STAGE }) },
  { code: 'COPY_NOT_FOUND', message: notFound('/nope', 'stage build') },
);
test(
  'a dangling symlink',
  refuses,
  { source: { l: { symlink: 'gone' } }, step: copy('l /') },
  { code: 'COPY_NOT_FOUND', message: notFound('/l'), hint: /symlink to "gone", which is not in the build context/ },
);
test(
  'a path that leaves the context',
  refuses,
  { source, step: copy('../../secret /') },
  {
    code: 'COPY_NOT_FOUND',
    message: notFound('/secret'),
    hint: /^"\.\.\/\.\.\/secret" means "\/secret" here: nothing outside of the build context can be copied\.$/,
  },
);
test(
  'a symlink that leaves the context',
  refuses,
  { source: { l: { symlink: '../../etc/shadow' } }, step: copy('l /') },
  { code: 'COPY_NOT_FOUND', message: notFound('/l'), hint: /symlink to "\.\.\/\.\.\/etc\/shadow", which is not in the build context/ },
);
test(
  'a loop of symlinks',
  refuses,
  { source: { l: { symlink: 'm' }, m: { symlink: 'l' } }, step: copy('l /') },
  { code: 'PATH_LOOP', message: /symlinks/ },
);
test(
  'a missing source among several',
  refuses,
  { source, step: copy('a nope /o/') },
  { code: 'COPY_NOT_FOUND', message: notFound('/nope') },
);
test('an escaped wildcard is a literal', refuses, { source, step: copy('\\* /o/') }, { code: 'COPY_NOT_FOUND', message: notFound('/*') });
test('a path below a file', refuses, { source, step: copy('a/b /o/') }, { code: 'COPY_NOT_FOUND', message: notFound('/a/b') });
test('a broken pattern', refuses, { source, step: copy('[a /o/') }, { code: 'PATTERN_INVALID', message: /\[a/ });

const SLASH = 'When using COPY with more than one source file, the destination must be a directory and end with a /';
test(
  'several sources to a destination without a slash',
  refuses,
  { source, step: copy('a b /o') },
  { code: 'COPY_DESTINATION', message: SLASH, hint: /"\/o\/"/ },
);
test('wildcards to one without', refuses, { source, step: copy('? ? /o') }, { code: 'COPY_DESTINATION', message: SLASH });
test(
  'the same of ADD says so',
  refuses,
  { source, step: unpacked(copy('a b /o')) },
  { code: 'COPY_DESTINATION', message: SLASH.replace('COPY', 'ADD') },
);

test(
  'a directory onto a file',
  refuses,
  { base: { o: 'file' }, source, step: copy('d /o') },
  { code: 'COPY_CONFLICT', message: 'cannot copy to non-directory: /o' },
);
test(
  'a directory in a source onto a file',
  refuses,
  { base: { 'o/s': 'file' }, source, step: copy('d /o') },
  { code: 'COPY_CONFLICT', message: 'cannot copy to non-directory: /o/s' },
);
test(
  'a directory in a source onto a symlink',
  refuses,
  { base: { 'o/s': { symlink: '/etc' }, 'etc/x': '' }, source, step: copy('d /o') },
  {
    code: 'COPY_CONFLICT',
    message: 'cannot copy to non-directory: /o/s',
  },
);
test(
  'a file onto a directory of its name',
  refuses,
  { base: { 'o/a/z': 'Z' }, source, step: copy('a /o') },
  { code: 'COPY_CONFLICT', message: 'cannot replace to directory /o/a with file' },
);
test(
  'a file in a source onto a directory',
  refuses,
  { base: { 'o/x/z': 'Z' }, source, step: copy('d /o') },
  { code: 'COPY_CONFLICT', message: 'cannot replace to directory /o/x with file' },
);
test(
  'a file where a directory is needed',
  refuses,
  { base: { o: 'file' }, source, step: copy('a /o/') },
  { code: 'COPY_CONFLICT', message: 'mkdir /o: not a directory' },
);
test(
  'a file on the way',
  refuses,
  { base: { o: 'file' }, source, step: copy('a /o/p/q') },
  { code: 'COPY_CONFLICT', message: 'mkdir /o: not a directory' },
);
test(
  '--parents through a file',
  refuses,
  { base: { 'o/d': 'file' }, source, step: copy('d/x /o', { parents: true }) },
  { code: 'COPY_CONFLICT', message: 'mkdir /o/d: not a directory' },
);
test(
  'a later source sees what an earlier one put there',
  refuses,
  { source: { 'p/x/y': '', 'q/x': '' }, step: copy('p q /o/') },
  { code: 'COPY_CONFLICT', message: 'cannot replace to directory /o/x with file' },
);

for (const chmod of ['64a', '888', '17777', 'u+q', 'x', 'u=rw,', 'rwx'])
  test(
    `--chmod=${chmod}`,
    refuses,
    { source, step: copy('a /o', { chmod }) },
    {
      code: 'COPY_CHMOD',
      message: `invalid chmod parameter: '${chmod}'. it should be octal string and between 0 and 07777`,
    },
  );
const unknown = (id: string, what: string, name: string) =>
  `unable to convert uid/gid chown string to host mapping: can't find ${id} for ${what} ${name}: no such ${what}: ${name}`;
test(
  '--chown with an unknown user',
  refuses,
  { source, base: { 'etc/passwd': 'root:x:0:0:::\n' }, step: copy('a /o', { chown: 'web' }) },
  { code: 'USER_UNKNOWN', message: unknown('uid', 'user', 'web') },
);
test(
  '--chown with an unknown group',
  refuses,
  { source, step: copy('a /o', { chown: '0:web' }) },
  { code: 'USER_UNKNOWN', message: unknown('gid', 'group', 'web'), hint: /etc\/group/ },
);
test('--chown with a name in scratch', refuses, { source, step: copy('a /o', { chown: 'web' }) }, { code: 'USER_UNKNOWN', message: /web/ });
test(
  'a name that would be read as a whiteout',
  refuses,
  { source: { 'd/\u002ewh.x': '' }, step: copy('d /o') },
  { code: 'LAYER_WHITEOUT_NAME', message: /\/o\/\.wh\.x/ },
);
test('a missing source is refused before the cache is asked', async (t) => {
  await t.throwsAsync(() => fingerprint({ source, step: copy('nope /') }), { code: 'COPY_NOT_FOUND' });
});

test('a source that .dockerignore hides is refused with a hint', async (t) => {
  const context = temporaryDir(t);
  mkdirSync(join(context, 'dist'));
  writeFileSync(join(context, 'dist/app.js'), '');
  const tree = new DirectoryTree(context, { ignore: createPatternMatcher(['dist']) });
  const error = await t.throwsAsync(() => compose({ source: tree, request: { context }, step: copy('dist/app.js /') }));
  t.like(error, { code: 'COPY_NOT_FOUND', hint: '"dist/app.js" is in the build context, but .dockerignore excludes it.' });
  await t.throwsAsync(() => compose({ source: tree, request: { context }, step: copy('dist /') }), { code: 'COPY_NOT_FOUND' });
});

test('a path below a file of the context is refused', async (t) => {
  const context = temporaryDir(t);
  writeFileSync(join(context, 'file'), '');
  await t.throwsAsync(() => compose({ source: new DirectoryTree(context), request: { context }, step: copy('file/x /') }), {
    code: 'COPY_NOT_FOUND',
  });
});

test('a symlink of a real context does not lead out of it', async (t) => {
  const outside = temporaryDir(t);
  const context = join(outside, 'context');
  mkdirSync(context);
  writeFileSync(join(outside, 'secret'), 'no');
  symlinkSync('../secret', join(context, 'up'));
  symlinkSync(join(outside, 'secret'), join(context, 'absolute'));
  for (const name of ['up', 'absolute'])
    await t.throwsAsync(() => compose({ source: new DirectoryTree(context), request: { context }, step: copy(`${name} /`) }), {
      code: 'COPY_NOT_FOUND',
    });
});
