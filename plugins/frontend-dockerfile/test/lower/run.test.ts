// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a shell, not of this file
import { VarveError } from '@varve/core';
import test from 'ava';
import { lastStep, lower, type Options, steps } from './lower.ts';

const runs = test.macro({
  async exec(t, text: string, args: readonly string[], scripts: readonly object[] = []) {
    const step = await lastStep(text);
    if (step.kind !== 'run') return t.fail(step.kind);
    t.deepEqual([step.args, step.scripts], [args, scripts]);
    t.is(step.history?.createdBy, `RUN ${args.join(' ')} # buildkit`);
  },
  title: (title, text) => title ?? `runs ${JSON.stringify(text)}`,
});
test(runs, 'RUN echo $x \\\n  "y"', ['/bin/sh', '-c', 'echo $x   "y"']);
test(runs, 'RUN ["echo", "$x"]', ['echo', '$x']);
test(runs, 'SHELL ["bash", "-c"]\nRUN x', ['bash', '-c', 'x']);
test('a heredoc alone is the script', runs, 'RUN <<EOF\necho $x\necho "y"\nEOF', ['/bin/sh', '-c', 'echo $x\necho "y"\n']);
test('<<- strips tabs of the script', runs, 'RUN <<-EOF\n\techo\n\tEOF', ['/bin/sh', '-c', 'echo\n']);
test('a heredoc with a command goes to the shell as written', runs, 'RUN <<-A cat 3<<B\n\ta\n\tA\nb\nB', [
  '/bin/sh',
  '-c',
  '<<-A cat 3<<B\n\ta\nA\nb\nB',
]);
test(
  'a script names its interpreter behind the tabs that <<- strips',
  runs,
  'RUN <<-EOF\n\t#!/bin/x\n\tEOF',
  ['/bin/sh', '-c', '/dev/pipes/EOF'],
  [{ path: '/dev/pipes/EOF', content: '#!/bin/x\n' }],
);
test(
  'a script stays below /dev/pipes',
  runs,
  'RUN <<../../x/y\n#!/bin/x\n../../x/y',
  ['/bin/sh', '-c', '/dev/pipes/x/y'],
  [{ path: '/dev/pipes/x/y', content: '#!/bin/x\n' }],
);
test(
  'a script that names its interpreter becomes a file',
  runs,
  'RUN <<EOF\n#!/usr/bin/python3\nprint(1)\nEOF',
  ['/bin/sh', '-c', '/dev/pipes/EOF'],
  [{ path: '/dev/pipes/EOF', content: '#!/usr/bin/python3\nprint(1)\n' }],
);

test('--network is passed on', async (t) => {
  t.like(await lastStep('RUN --network=none x'), { network: 'none' });
  t.like(await lastStep('RUN x'), { network: 'default', mounts: [], inputs: [] });
});

const mounts = test.macro({
  async exec(t, mount: string, expected: object, options?: Options) {
    const step = await lastStep(`ENV v=val\nWORKDIR /w\nRUN --mount=${mount} x`, options);
    if (step.kind !== 'run') return t.fail(step.kind);
    t.deepEqual(step.mounts, [expected]);
  },
  title: (_, mount) => `mounts ${mount}`,
});
test(mounts, 'target=/a', { type: 'bind', from: { kind: 'context' }, source: '/', target: '/a', writable: false });
test(mounts, 'from=img,source=../s,target=t,rw', {
  type: 'bind',
  from: { kind: 'image', ref: 'img' },
  source: '/s',
  target: '/w/t',
  writable: true,
});
test(mounts, 'type=cache,target=/c/', {
  type: 'cache',
  id: '/c',
  target: '/c',
  sharing: 'shared',
  from: undefined,
  source: undefined,
  mode: 0o755,
  uid: 0,
  gid: 0,
  writable: true,
});
test(mounts, 'type=cache,target=$v,id=i-$v,sharing=locked,uid=5', {
  type: 'cache',
  id: 'i-val',
  target: '/w/val',
  sharing: 'locked',
  from: undefined,
  source: undefined,
  mode: 0o755,
  uid: 5,
  gid: 0,
  writable: true,
});
test('a namespace for caches', async (t) => {
  const step = await lastStep('RUN --mount=type=cache,target=/c x', { args: { BUILDKIT_CACHE_MOUNT_NS: 'ns' } });
  t.like(step, { mounts: [{ type: 'cache', id: 'ns//c', target: '/c' }] });
});
test(mounts, 'type=tmpfs,target=/t,size=1k', { type: 'tmpfs', target: '/t', size: 1024 });
test(mounts, 'type=secret,id=a/b', {
  type: 'secret',
  id: 'a/b',
  target: '/run/secrets/b',
  env: undefined,
  required: false,
  mode: 0o400,
  uid: 0,
  gid: 0,
});
test(mounts, 'type=secret,target=/x/y,required', {
  type: 'secret',
  id: 'y',
  target: '/x/y',
  env: undefined,
  required: true,
  mode: 0o400,
  uid: 0,
  gid: 0,
});
test(mounts, 'type=secret,id=a,env=A', {
  type: 'secret',
  id: 'a',
  target: undefined,
  env: 'A',
  required: false,
  mode: 0o400,
  uid: 0,
  gid: 0,
});
test(mounts, 'type=ssh', { type: 'ssh', id: 'default', target: undefined, required: false, mode: 0o600, uid: 0, gid: 0 });

test('stages that mounts read from are built', async (t) => {
  const { plan } = await lower('FROM base AS a\nFROM base\nRUN --mount=from=a,target=/a x');
  t.deepEqual(
    plan.stages.map(({ name }) => name),
    ['a', 'stage-1'],
  );
  t.like(plan.stages[1]?.steps[0], { inputs: [{ kind: 'name', name: 'a' }] });
});

const refuses = test.macro({
  async exec(t, text: string, code: string, message: string) {
    const error = await t.throwsAsync(steps(text), { instanceOf: VarveError });
    t.deepEqual([error?.code, error?.message, error?.source?.startLine], [code, message, 2]);
  },
  title: (_, text) => `refuses ${text}`,
});
test(refuses, 'RUN --mount=target=/ x', 'FRONTEND_SYNTAX', 'invalid mount target "/"');
test(refuses, 'RUN --mount=type=cach,target=/a x', 'FRONTEND_SYNTAX', 'unsupported mount type "cach" (did you mean cache?)');

test('more than a sandbox is for the step to say', async (t) => {
  t.like(await lastStep('RUN --security=insecure --device=v.com/c=a,required --device=/dev/fuse x'), {
    kind: 'run',
    security: 'insecure',
    devices: [
      { name: 'v.com/c=a', required: true },
      { name: '/dev/fuse', required: false },
    ],
  });
  t.like(await lastStep('RUN --security=sandbox x'), { kind: 'run', security: undefined, devices: undefined });
});
