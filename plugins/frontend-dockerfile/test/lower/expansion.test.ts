// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a shell, not of this file
import { VarveError } from '@varve/core';
import test from 'ava';
import { lastStep, lower, lowerTarget } from './lower.ts';

/** What the builder expands, instruction by instruction, and what it leaves to others. */
const fills = test.macro({
  async exec(t, text: string, expected: Readonly<Record<string, unknown>>) {
    t.like(await lastStep(`ENV v=val list="1 2"\n${text}`), expected);
  },
  title: (_, text: string) => `variables are filled in: ${text.split('\n').at(-1)}`,
});
test(fills, 'ADD $v /d/${v}', { sources: [{ kind: 'path', path: 'val' }], dest: '/d/val' });
const DIGITS = 'ab'.repeat(32);
test(fills, `ADD --chown=$v --chmod=0\${none:-644} --checksum=sha256:\${none:-${DIGITS}} https://x/$v /d`, {
  chown: 'val',
  chmod: '0644',
  sources: [{ url: 'https://x/val', checksum: `sha256:${DIGITS}` }],
});
test(fills, 'COPY --chown=$v:$v --chmod=u=${none:-rw} $v ["$v"] /$v/', { chown: 'val:val', chmod: 'u=rw', dest: '/val/' });
test(fills, 'COPY ["$v x", "/$v"]', { sources: [{ kind: 'path', path: 'val x' }], dest: '/val' });
test(fills, 'COPY $list /', { sources: [{ kind: 'path', path: '1 2' }] });
test(fills, 'ENV $v=${v}2', { patch: { Env: ['val=val2'] } });
test(fills, 'ENV a b  $v "c"', { patch: { Env: ['a=b  val c'] } });
test(fills, 'EXPOSE $list', { patch: { ExposedPorts: { '1/tcp': {}, '2/tcp': {} } } });
test(fills, 'LABEL $v="$v" s=\'$v\'', { patch: { Labels: { val: 'val', s: '$v' } } });
test(fills, 'ARG s=SIG${none:-INT}\nSTOPSIGNAL $s', { patch: { StopSignal: 'SIGINT' } });
test(fills, 'USER $v:${v#v}', { patch: { User: 'val:al' } });
test(fills, 'VOLUME $v ["$v"]', { patch: { Volumes: { val: {}, '[val]': {} } } });
test(fills, 'VOLUME ["/$list"]', { patch: { Volumes: { '/1 2': {} } } });
test(fills, 'WORKDIR /$v/$list', { path: '/val/1 2' });
test(fills, 'RUN --mount=type=$none${none:-tmpfs},target=/$v x', { mounts: [{ type: 'tmpfs', target: '/val' }] });

test('variables are filled in: FROM and its --platform, of global arguments', async (t) => {
  const stage = await lowerTarget('ARG i=base\nARG a=arm\nFROM --platform=linux/${a}64 ${i}');
  t.like(stage, { base: { ref: 'base' }, platform: { os: 'linux', architecture: 'arm64' } });
});

test('variables are filled in: what ONBUILD puts off, where it is run', async (t) => {
  const { plan } = await lower('FROM base AS x\nENV v=early\nONBUILD LABEL l=$v\nENV v=late\nFROM x\n');
  t.like(plan.stages[0]?.steps[1], { patch: { OnBuild: ['LABEL l=$v'] } });
  t.like(plan.stages[1]?.steps.at(-1), { patch: { Labels: { l: 'late' } } });
});

const leaves = test.macro({
  async exec(t, text: string, expected: Readonly<Record<string, unknown>>) {
    t.like(await lastStep(`ENV v=val\n${text}`), expected);
  },
  title: (_, text: string) => `variables are left alone: ${text}`,
});
const SHELL = ['/bin/sh', '-c'];
test(leaves, 'RUN echo $v "\\$v"', { args: [...SHELL, 'echo $v "\\$v"'] });
test(leaves, 'RUN ["echo", "$v"]', { args: ['echo', '$v'] });
test(leaves, 'CMD ${v}', { patch: { Cmd: [...SHELL, '${v}'] } });
test(leaves, 'ENTRYPOINT ["$v"]', { patch: { Entrypoint: ['$v'] } });
test(leaves, 'SHELL ["$v"]', { patch: { Shell: ['$v'] } });
test(leaves, 'HEALTHCHECK CMD $v', { patch: { Healthcheck: { Test: ['CMD-SHELL', '$v'] } } });
test(leaves, 'MAINTAINER $v', { author: '$v' });
test(leaves, 'ONBUILD RUN $v', { patch: { OnBuild: ['RUN $v'] } });
test(leaves, 'COPY <<"E" /d\n$v\nE', { sources: [{ content: '$v\n' }] });

test('variables are refused: --from=', async (t) => {
  const error = await t.throwsAsync(lastStep('ENV v=a\nCOPY --from=$v b c'), { instanceOf: VarveError });
  t.is(
    error?.message,
    'variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround',
  );
});
