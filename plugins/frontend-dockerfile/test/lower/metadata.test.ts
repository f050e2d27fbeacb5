// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a shell, not of this file
import { VarveError } from '@varve/core';
import test from 'ava';
import { lastStep, type Options, steps } from './lower.ts';

const changes = test.macro({
  async exec(t, text: string, patch: Readonly<Record<string, unknown>>, createdBy?: string, options?: Options) {
    const step = await lastStep(text, options);
    if (step.kind !== 'config') return t.fail(step.kind);
    t.deepEqual(step.patch, patch);
    const history = createdBy === undefined ? undefined : { createdBy, comment: 'buildkit.dockerfile.v0' };
    t.deepEqual(step.history, history);
  },
  title: (title, text) => title ?? `lowers ${JSON.stringify(text)}`,
});

test(changes, 'ENV a=1 b="x y" a=2', { Env: ['a=2', 'b=x y'] }, 'ENV a=1 b=x y a=2');
test(changes, 'ENV a  b "c" ', { Env: ['a=b c'] }, 'ENV a=b c');
test(
  'pairs of one ENV see the environment from before',
  changes,
  'ENV abc=hello\nENV abc=bye def=$abc',
  { Env: ['abc=bye', 'def=hello'] },
  'ENV abc=bye def=hello',
);
test(changes, 'ENV PATH=$PATH:/x', { Env: ['PATH=/bin:/x'] }, 'ENV PATH=/bin:/x');
test(changes, 'LABEL "a b"=c d=\'$x\'', { Labels: { 'a b': 'c', d: '$x' } }, 'LABEL a b=c d=$x');
test('a name may expand to nothing, as in BuildKit', changes, 'ENV $x=1 b=2', { Env: ['=1', 'b=2'] }, 'ENV =1 b=2');
test(changes, 'LABEL $x=1', { Labels: { '': '1' } }, 'LABEL =1');
test(changes, 'ARG a=1 b', {}, 'ARG a=1 b');
test(changes, 'CMD a b', { Cmd: ['/bin/sh', '-c', 'a b'], ArgsEscaped: true }, 'CMD ["/bin/sh" "-c" "a b"]');
test(changes, 'CMD ["a", "b\\"\\n"]', { Cmd: ['a', 'b"\n'], ArgsEscaped: true }, 'CMD ["a" "b\\"\\n"]');
test(changes, 'CMD []', { Cmd: null, ArgsEscaped: true }, 'CMD []');
test(changes, 'CMD $x', { Cmd: ['/bin/sh', '-c', '$x'], ArgsEscaped: true }, 'CMD ["/bin/sh" "-c" "$x"]');
test(changes, 'SHELL ["/bin/bash", "-ec"]', { Shell: ['/bin/bash', '-ec'] }, 'SHELL [/bin/bash -ec]');
test(changes, 'SHELL ["b"]\nCMD x', { Cmd: ['b', 'x'], ArgsEscaped: true }, 'CMD ["b" "x"]');
test(changes, 'CMD x', { Cmd: ['z', 'x'], ArgsEscaped: true }, 'CMD ["z" "x"]', { images: { base: { Env: ['PATH=/'], Shell: ['z'] } } });
test('ENTRYPOINT drops a CMD that was inherited', changes, 'ENTRYPOINT ["a"]', { Entrypoint: ['a'], Cmd: null }, 'ENTRYPOINT ["a"]');
test("ENTRYPOINT keeps the stage's own CMD", changes, 'CMD b\nENTRYPOINT ["a"]', { Entrypoint: ['a'] }, 'ENTRYPOINT ["a"]');
test(changes, 'ENV u=me\nUSER $u:1', { User: 'me:1' }, 'USER me:1');
test(
  'EXPOSE splits values into words',
  changes,
  'ENV p="80 90/udp"\nEXPOSE $p',
  { ExposedPorts: { '80/tcp': {}, '90/udp': {} } },
  'EXPOSE [80/tcp 90/udp]',
);
test(changes, 'EXPOSE 7001-7002/UDP', { ExposedPorts: { '7001/udp': {}, '7002/udp': {} } }, 'EXPOSE [7001/udp 7002/udp]');
test('VOLUME keeps paths as written', changes, 'ENV d="a b"\nVOLUME /$d/ x', { Volumes: { '/a b/': {}, x: {} } }, 'VOLUME [/a b/ x]');
test(changes, 'STOPSIGNAL sigterm', { StopSignal: 'sigterm' }, 'STOPSIGNAL sigterm');
test(
  changes,
  'HEALTHCHECK NONE',
  { Healthcheck: { Test: ['NONE'] } },
  'HEALTHCHECK {Test:[NONE] Interval:0s Timeout:0s StartPeriod:0s StartInterval:0s Retries:0}',
);
test(
  changes,
  'HEALTHCHECK --interval=90s --timeout=1.5s --retries=3 CMD curl $x',
  { Healthcheck: { Test: ['CMD-SHELL', 'curl $x'], Interval: 90e9, Timeout: 15e8, Retries: 3 } },
  'HEALTHCHECK {Test:[CMD-SHELL curl $x] Interval:1m30s Timeout:1.5s StartPeriod:0s StartInterval:0s Retries:3}',
);
test(changes, 'ONBUILD RUN a\nONBUILD COPY <<E /b\nc\nE', { OnBuild: ['RUN a', 'COPY <<E /b\nc\nE'] });
test(changes, 'WORKDIR /', { WorkingDir: '/' }, 'WORKDIR /');

test('MAINTAINER is the author, as written', async (t) => {
  t.like(await lastStep('MAINTAINER a $b'), { kind: 'config', author: 'a $b', history: { createdBy: 'MAINTAINER a $b' } });
});

test('WORKDIR joins, cleans, expands and makes a directory of the user in effect', async (t) => {
  const [, , config, mkdir] = await steps('USER me:us\nENV d=sub\nWORKDIR $d/../x/', {
    images: { base: { Env: ['PATH=/'], WorkingDir: '/w' } },
  });
  t.like(config, { kind: 'config', patch: { WorkingDir: '/w/x' }, history: undefined });
  t.like(mkdir, { kind: 'mkdir', path: '/w/x', owner: 'me:us', mode: 0o755, history: { createdBy: 'WORKDIR /w/x' } });
});

test('a base without PATH gets one', async (t) => {
  const [first] = await steps('', { images: { base: {} } });
  t.like(first, {
    kind: 'config',
    patch: { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'] },
    history: undefined,
  });
});

const refuses = test.macro({
  async exec(t, text: string, message: string) {
    const error = await t.throwsAsync(steps(text), { instanceOf: VarveError });
    t.true(error?.message.includes(message), error?.message);
    t.deepEqual(error?.source, { file: 'Dockerfile', startLine: 2, endLine: 2 });
  },
  title: (_, text) => `refuses ${JSON.stringify(text)}`,
});
test(refuses, 'STOPSIGNAL SIGFOO', 'invalid signal: SIGFOO');
test(refuses, 'EXPOSE $x/tcp', 'invalid port: "/tcp": no port specified');
test(refuses, 'VOLUME $x', 'VOLUME specified can not be an empty string');
test(refuses, 'USER ${x:?who}', 'x: who');
test(refuses, "LABEL a='b", 'single-quote');
