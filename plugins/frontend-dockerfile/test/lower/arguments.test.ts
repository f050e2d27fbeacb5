// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a shell, not of this file
import test from 'ava';
import { lastStep, lower, lowerTarget, type Options } from './lower.ts';

/** What a process at the end of the stage sees of `X`, through ENV or as an argument. */
async function seen(text: string, options?: Options) {
  const step = (await lowerTarget(`${text}\nLABEL x=$X`, options)).steps.at(-1);
  return step?.kind === 'config' ? step.patch.Labels?.x : undefined;
}

const sees = test.macro({
  async exec(t, text: string, expected: string, options?: Options) {
    t.is(await seen(text, options), expected);
  },
  title: (title) => title ?? '',
});
const GIVEN = { args: { X: 'given' } };
test('a default holds', sees, 'FROM base\nARG X=default', 'default');
test('--build-arg beats the default', sees, 'FROM base\nARG X=default', 'given', GIVEN);
test('--build-arg of what nobody declares is invisible', sees, 'FROM base', '', GIVEN);
test('a global argument is invisible in a stage', sees, 'ARG X=global\nFROM base', '');
test('a stage asks for a global argument by name', sees, 'ARG X=global\nFROM base\nARG X', 'global');
test("a stage's default beats the global one", sees, 'ARG X=global\nFROM base\nARG X=stage', 'stage');
test("--build-arg beats a stage's default and the global one", sees, 'ARG X=global\nFROM base\nARG X=stage', 'given', GIVEN);
const IMAGE = { images: { base: { Env: ['X=image'] } } };
test('ENV after ARG hides it', sees, 'FROM base\nARG X=arg\nENV X=env', 'env', GIVEN);
test('ARG after ENV hides it', sees, 'FROM base\nENV X=env\nARG X=arg', 'arg');
test('ARG after ENV takes what is given', sees, 'FROM base\nENV X=env\nARG X=arg', 'given', GIVEN);
test('ARG without a value leaves what ENV says', sees, 'FROM base\nENV X=env\nARG X', 'env');
test("ARG hides the base image's ENV", sees, 'FROM base\nARG X', 'given', { ...GIVEN, ...IMAGE });
test("ARG without a value leaves the base image's ENV", sees, 'FROM base\nARG X', 'image', IMAGE);
test("a global ARG hides the base image's ENV where it is asked for", sees, 'ARG X=global\nFROM base\nARG X', 'global', IMAGE);
test('what is given counts no more than ENV where nobody declares it', sees, 'FROM base', 'image', { ...GIVEN, ...IMAGE });
test('a stage that starts from another has its ENV first', sees, 'FROM base AS a\nENV X=env\nARG X=arg\nFROM a', 'env');
test('ENV after ARG sees the argument', sees, 'FROM base\nENV X=env\nARG X=arg\nENV X=$X-again', 'arg-again');
test('several of one ARG see those before', sees, 'FROM base\nARG A=1 X=$A', '1');
test('a default that is not needed may be wrong', sees, 'FROM base\nARG X=${', 'given', GIVEN);
test('an argument counts from its line on', sees, 'FROM base\nENV Y=$X\nARG X=late\nENV X=$Y', '');
test('defaults see arguments above', sees, 'FROM base\nARG A=1 B=${A}2\nARG X=$B', '12');
test('declared again without a value an argument keeps its own', sees, 'FROM base\nARG X=1\nARG X', '1');
test('a stage inherits the arguments of the stage it starts from', sees, 'FROM base AS a\nARG X=1\nFROM a', '1');
test('other stages inherit none', sees, 'FROM base AS a\nARG X=1\nFROM base', '');
test('platform arguments must be asked for', sees, 'FROM base\nENV X=$TARGETARCH', '');
test(
  'platform arguments tell the platform',
  sees,
  'FROM base\nARG TARGETPLATFORM TARGETVARIANT BUILDARCH\nENV X="$TARGETPLATFORM $TARGETVARIANT $BUILDARCH"',
  'linux/arm/v7 v7 amd64',
  { platform: { os: 'linux', architecture: 'arm', variant: 'v7' } },
);
test('TARGETSTAGE names the target', sees, 'FROM base AS a\nARG TARGETSTAGE\nENV X=$TARGETSTAGE', 'a', { target: 'a' });

test('declared arguments stand before the command in history and in its environment', async (t) => {
  const step = await lastStep('ARG a=1 b\nENV c=3\nARG c=4 d=5\nENV d=6\nRUN x', { args: { b: '2' } });
  t.like(step, { kind: 'run', env: ['a=1', 'b=2', 'c=4'] });
  t.is(step.history?.createdBy, 'RUN |4 a=1 b=2 c=4 d=6 /bin/sh -c x # buildkit');
});

test('an argument without a value is in history and not in the environment', async (t) => {
  const step = await lastStep('ARG a\nRUN x');
  t.like(step, { kind: 'run', env: [], history: { createdBy: 'RUN |1 a= /bin/sh -c x # buildkit' } });
});

test('proxies that nobody declares reach processes and leave no trace', async (t) => {
  const step = await lastStep('RUN x', { args: { http_proxy: 'p' } });
  t.like(step, {
    kind: 'run',
    env: [],
    hiddenEnv: ['HTTP_PROXY=p', 'http_proxy=p'],
    history: { createdBy: 'RUN /bin/sh -c x # buildkit' },
  });
});

test('a declared proxy is an ordinary argument', async (t) => {
  const step = await lastStep('ARG HTTP_PROXY\nRUN x', { args: { HTTP_PROXY: 'p' } });
  t.like(step, { kind: 'run', env: ['HTTP_PROXY=p'], hiddenEnv: ['http_proxy=p'] });
  t.is(step.history?.createdBy, 'RUN |1 HTTP_PROXY=p /bin/sh -c x # buildkit');
});

test('arguments that nobody asks for are named in a warning', async (t) => {
  const args = { a: '1', b: '2', c: '3', NO_PROXY: 'x', SOURCE_DATE_EPOCH: '0', BUILDKIT_SYNTAX: 'docker/dockerfile:1' };
  const { warnings } = await lower('ARG a\nFROM base\nARG b', { args });
  t.deepEqual(warnings, [{ code: 'BuildArgUnused', message: 'One or more build-args [c] were not consumed' }]);
});

test('names from outside that look like members of objects are only names', async (t) => {
  t.is(await seen('FROM base\nARG constructor __proto__\nENV X="$constructor$__proto__"'), '');
});

const times = test.macro(async (t, text: string, expected: number | undefined, more: Options = {}) => {
  t.is((await lower(text, more)).plan.epoch, expected);
});
test('SOURCE_DATE_EPOCH of the file is the time of the image', times, 'ARG SOURCE_DATE_EPOCH=86400\nFROM base', 86_400);
test('it may be made of other arguments', times, 'ARG DAY=86400\nARG SOURCE_DATE_EPOCH=$DAY\nFROM base', 86_400);
test('--build-arg beats it', times, 'ARG SOURCE_DATE_EPOCH=86400\nFROM base', 5, { args: { SOURCE_DATE_EPOCH: '5' } });
test('an empty one is none', times, 'ARG SOURCE_DATE_EPOCH=\nFROM base', undefined);
test('context is the time of the context', times, 'ARG SOURCE_DATE_EPOCH=context\nFROM base', 7, { contextTime: 7 });
test('a context without a time gives none', times, 'ARG SOURCE_DATE_EPOCH=context\nFROM base', undefined);
test('a stage sees the time of the context', async (t) => {
  t.is(await seen('ARG SOURCE_DATE_EPOCH=context\nFROM base\nARG SOURCE_DATE_EPOCH\nENV X=$SOURCE_DATE_EPOCH', { contextTime: 7 }), '7');
});
test('one of a stage is none', times, 'FROM base\nARG SOURCE_DATE_EPOCH=86400', undefined);
test('one that is no time', async (t) => {
  await t.throwsAsync(lower('ARG A\nARG SOURCE_DATE_EPOCH=now\nFROM base'), {
    code: 'FRONTEND_SYNTAX',
    message: /invalid SOURCE_DATE_EPOCH: now/,
  });
});
