// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a shell, not of this file
import { VarveError } from '@varve/core';
import test from 'ava';
import { lastStep, steps } from './lower.ts';

const CONTEXT = { kind: 'context' };
const DIGITS = 'ab'.repeat(32);
const UPPER = DIGITS.toUpperCase();
const paths = (...names: readonly string[]) => names.map((path) => ({ kind: 'path', path }));

const copies = test.macro({
  async exec(t, text: string, expected: Readonly<Record<string, unknown>>, createdBy: string) {
    const step = await lastStep(`ENV v=val w="a b"\n${text}`);
    if (step.kind !== 'copy') return t.fail(step.kind);
    t.like(step, expected);
    t.is(step.history?.createdBy, `${createdBy} # buildkit`);
  },
  title: (_, text) => `copies with ${JSON.stringify(text)}`,
});
test(copies, 'COPY a /b', { from: CONTEXT, sources: paths('a'), dest: '/b', inputs: [CONTEXT], chown: undefined }, 'COPY a /b');
test(copies, 'COPY ["a b", "c/"]', { sources: paths('a b'), dest: 'c/' }, 'COPY a b c/');
test(copies, 'COPY $w $v/*.c ./', { sources: paths('a b', 'val/*.c'), dest: './' }, 'COPY a b val/*.c ./');
test(
  copies,
  'COPY --chown=$v:1 --chmod=u=rwX,go=rX --link a b',
  { chown: 'val:1', chmod: 'u=rwX,go=rX', link: true },
  'COPY --chown=val:1 --chmod=u=rwX,go=rX a b',
);
test(copies, 'COPY --parents --exclude=*.$v --exclude=x a /b/', { parents: true, exclude: ['*.val', 'x'] }, 'COPY --parents a /b/');
test(copies, 'COPY --from=img /a /b', { from: { kind: 'image', ref: 'img' }, inputs: [{ kind: 'image', ref: 'img' }] }, 'COPY /a /b');
test(
  copies,
  'COPY <<A <<"B" f /d/\n$v "q" \\$v\nA\n$v\nB',
  {
    sources: [...paths('f'), { kind: 'inline', name: 'A', content: 'val "q" $v\n' }, { kind: 'inline', name: 'B', content: '$v\n' }],
    dest: '/d/',
  },
  'COPY f <<A <<B /d/',
);
test(copies, 'ADD a.tar /b', { sources: [{ kind: 'path', path: 'a.tar', unpack: true }] }, 'ADD a.tar /b');
test(copies, 'ADD --unpack=false a.tar /b', { sources: [{ kind: 'path', path: 'a.tar', unpack: false }] }, 'ADD a.tar /b');
test(
  copies,
  'ADD a.tar https://x/y.tar /b/',
  {
    sources: [
      { kind: 'path', path: 'a.tar', unpack: true },
      { kind: 'url', url: 'https://x/y.tar', unpack: undefined },
    ],
  },
  'ADD a.tar https://x/y.tar /b/',
);
test(
  copies,
  'ADD --unpack https://x/y.tar /b/',
  { sources: [{ kind: 'url', url: 'https://x/y.tar', checksum: undefined, unpack: true }] },
  'ADD https://x/y.tar /b/',
);
test(
  copies,
  `ADD --checksum=sha256:${DIGITS} https://x/y /b`,
  { sources: [{ kind: 'url', url: 'https://x/y', checksum: `sha256:${DIGITS}`, unpack: undefined }], inputs: [] },
  'ADD https://x/y /b',
);
test(
  copies,
  'ADD --checksum=$unset https://x/y /b',
  { sources: [{ kind: 'url', url: 'https://x/y', checksum: undefined }] },
  'ADD https://x/y /b',
);
test(
  copies,
  'ADD --keep-git-dir https://x/y.git#v1:sub /b',
  { sources: [{ kind: 'git', url: 'https://x/y.git', ref: 'v1', subdir: 'sub', checksum: undefined, keepGitDir: true }] },
  'ADD https://x/y.git#v1:sub /b',
);
test(
  copies,
  'ADD git@x.org:y/z.git /b',
  { sources: [{ kind: 'git', url: 'git@x.org:y/z.git', ref: undefined, subdir: undefined, checksum: undefined, keepGitDir: false }] },
  'ADD git@x.org:y/z.git /b',
);

test('documents alone need no build context', async (t) => {
  t.like(await lastStep('COPY <<E /e\nE'), { inputs: [], sources: [{ kind: 'inline', name: 'E', content: '' }] });
});

test('a heredoc stays below the destination, whatever it is called', async (t) => {
  t.like(await lastStep('COPY <<../../e /d/\n../../e'), { sources: [{ kind: 'inline', name: 'e', content: '' }] });
});

const refuses = test.macro({
  async exec(t, text: string, message: string) {
    const error = await t.throwsAsync(steps(text), { instanceOf: VarveError });
    t.deepEqual([error?.code, error?.message, error?.source?.startLine], ['FRONTEND_SYNTAX', message, 2]);
  },
  title: (_, text) => `refuses ${JSON.stringify(text)}`,
});
test(
  refuses,
  'COPY --from=$x a b',
  'variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround',
);
test(refuses, 'COPY <<.. /b/\n..', 'a heredoc that is copied cannot be called ".."');
test(refuses, 'COPY https://x/y b', "source can't be a URL for COPY");
const gitOf = (more: object) => ({
  sources: [{ kind: 'git', url: 'https://x/y.git', ref: undefined, subdir: undefined, checksum: undefined, keepGitDir: false, ...more }],
});
test(copies, 'ADD https://x/y.git?ref=v1&subdir=sub /b', gitOf({ ref: 'v1', subdir: 'sub' }), 'ADD https://x/y.git?ref=v1&subdir=sub /b');
test(
  copies,
  'ADD https://x/y.git?branch=b&keep-git-dir=true /b',
  gitOf({ ref: 'refs/heads/b', keepGitDir: true }),
  'ADD https://x/y.git?branch=b&keep-git-dir=true /b',
);
test(copies, 'ADD https://x/y.git?tag=v1#:sub /b', gitOf({ ref: 'refs/tags/v1', subdir: 'sub' }), 'ADD https://x/y.git?tag=v1#:sub /b');
test(
  copies,
  'ADD https://x/y.git?commit=abcdef12 /b',
  gitOf({ ref: 'abcdef12', checksum: 'abcdef12' }),
  'ADD https://x/y.git?commit=abcdef12 /b',
);
test(
  copies,
  'ADD --checksum=abcdef12 https://x/y.git?checksum=abcdef12#main /b',
  gitOf({ ref: 'main', checksum: 'abcdef12' }),
  'ADD https://x/y.git?checksum=abcdef12#main /b',
);
test(refuses, 'ADD https://x/y.git?ref=a#b /b', 'ref conflicts: "b" vs "a"');
test(refuses, 'ADD --checksum=abcdef12 https://x/y.git?checksum=abcdef13 /b', 'checksum conflicts: "abcdef12" vs "abcdef13"');
test(refuses, 'ADD --keep-git-dir=false https://x/y.git?keep-git-dir=1 /b', 'inconsistent keep-git-dir configuration');
test(refuses, 'ADD https://x/y.git?token=1 /b', 'unexpected query "token" in a git address');

test('who asks a server, and with which password, is in no title and no history', async (t) => {
  for (const address of ['https://me:pw@x/y.tar', 'https://pw@x/y.git#main', 'ssh://git:pw@x/y.git']) {
    const step = await lastStep(`ARG PW=pw\nADD ${address.replace('pw', '${PW}')} /b`);
    t.notRegex(JSON.stringify([step.title, step.history]), /me:|[:/]pw@/);
    t.regex(JSON.stringify(step.kind === 'copy' ? step.sources : []), /pw@/);
  }
});
test(refuses, 'COPY https://x/y.git b', "source can't be a git ref for COPY");
test(refuses, 'COPY --chmod=64a a b', "invalid chmod parameter: '64a'. it should be octal string and between 0 and 07777");
test(refuses, 'COPY --chmod=10000 a b', "invalid chmod parameter: '10000'. it should be octal string and between 0 and 07777");
test(refuses, 'ADD --checksum=a b c d', "checksum can't be specified for multiple sources");
test(refuses, 'ADD --checksum=a b c', 'checksum requires HTTP(S) or Git sources');
test(refuses, `ADD --checksum=${DIGITS} https://x/y c`, `invalid checksum digest format: "${DIGITS}"`);
test(refuses, 'ADD --checksum=md5:7e55 https://x/y c', 'unsupported digest algorithm: "md5:7e55"');
test(refuses, 'ADD --checksum=constructor:a https://x/y c', 'unsupported digest algorithm: "constructor:a"');
test(refuses, 'ADD --checksum=sha256:ab https://x/y c', 'invalid checksum digest length: "sha256:ab"');
test(refuses, `ADD --checksum=sha256:${UPPER} https://x/y c`, `invalid checksum digest format: "sha256:${UPPER}"`);
