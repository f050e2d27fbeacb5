// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a shell, not of this file
import { createKernel } from '@varve/core';
import { memoryStores } from '@varve/core/testing';
import test from 'ava';
import { DOCKERFILE_TOOLS } from '../src/api.ts';
import { dockerfile } from '../src/index.ts';

const kernel = createKernel({ root: '/nonexistent', plugins: [memoryStores(), dockerfile] });
const tools = () => kernel.get(DOCKERFILE_TOOLS);
test.after.always(async () => await kernel[Symbol.asyncDispose]());

const TEXT = `# VERSION of the base
ARG VERSION=1
ARG other
# deps is what all others start from
FROM --platform=$BUILDPLATFORM base:$VERSION AS deps
# TOKEN_NAME says which one
ARG TOKEN_NAME=npm mode
RUN --mount=type=secret,id=npm,required=true --mount=type=cache,target=/root/.npm a
RUN --mount=type=ssh --mount=type=secret,id=npm --mount=type=secret,id=x b

FROM base AS unneeded
ARG unneeded
RUN --mount=type=secret,id=y c

FROM deps
`;

test('targets are the stages, with what comments say of them', (t) => {
  t.deepEqual(tools().targets({ text: TEXT }), [
    {
      name: 'deps',
      index: 0,
      description: 'is what all others start from',
      isDefault: false,
      base: 'base:$VERSION',
      platform: '$BUILDPLATFORM',
      line: 5,
    },
    { name: 'unneeded', index: 1, description: undefined, isDefault: false, base: 'base', platform: undefined, line: 11 },
    { name: undefined, index: 2, description: undefined, isDefault: true, base: 'deps', platform: undefined, line: 15 },
  ]);
});

test('an outline has what a stage and those that it needs can be given', async (t) => {
  const { target, ...outline } = await tools().outline({ text: TEXT, args: { mode: 'fast' } });
  t.like(target, { index: 2, isDefault: true });
  t.deepEqual(outline, {
    args: [
      { name: 'VERSION', value: '1', description: 'of the base', line: 2 },
      { name: 'TOKEN_NAME', value: 'npm', description: 'says which one', line: 7 },
      { name: 'mode', value: 'fast', description: undefined, line: 7 },
    ],
    secrets: [
      { id: 'npm', required: true, line: 8 },
      { id: 'x', required: false, line: 9 },
    ],
    ssh: [{ id: 'default', required: false, line: 9 }],
    caches: [{ id: '/root/.npm' }],
  });
});

test('an outline is of the target that is asked for', async (t) => {
  const { target, args, secrets } = await tools().outline({ text: TEXT, target: 'unneeded' });
  t.is(target.name, 'unneeded');
  t.deepEqual(
    args.map(({ name }) => name),
    ['unneeded'],
  );
  t.deepEqual(secrets, [{ id: 'y', required: false, line: 13 }]);
});

test('an outline has the values of arguments, and those that the values name', async (t) => {
  const text = `ARG kind=box
ARG size=\${kind}-2
ARG unused=\${size}
# NAME is a whole one
ARG NAME="busy\${kind}"
FROM \${NAME}
ARG kind
ARG LONG='$NAME' TAG=\${kind}-\${TARGETARCH} MAIN=$TAG
`;
  const { args } = await tools().outline({ text, args: { MAIN: 'x $y' } });
  t.deepEqual(
    args.map(({ name, value, line }) => [name, value, line]),
    [
      ['kind', 'box', 1],
      ['NAME', 'busybox', 5],
      ['LONG', '$NAME', 8],
      ['TAG', 'box-${TARGETARCH}', 8],
      ['MAIN', 'x $y', 8],
    ],
  );
});

test('what cannot be planned has no outline', async (t) => {
  await t.throwsAsync(tools().outline({ text: TEXT, target: 'dep' }), { code: 'FRONTEND_TARGET' });
  t.throws(() => tools().targets({ text: 'FFOM' }), { code: 'FRONTEND_SYNTAX' });
});

test('checks know the rules that plugins brought', async (t) => {
  t.deepEqual(
    (await tools().check({ text: 'FROM a as b' })).findings.map(({ rule }) => rule),
    ['FromAsCasing'],
  );
});
