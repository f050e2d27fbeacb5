// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shell words, not template strings
import { applyChanges, type ContainerConfig } from '@varve/core/image';
import test from 'ava';

const gives = test.macro({
  exec(t, changes: readonly string[], expected: ContainerConfig) {
    t.deepEqual(applyChanges({}, changes), expected);
  },
  title: (_, changes) => `--change ${JSON.stringify(changes)}`,
});
test(gives, ['CMD ["a", "b"]'], { Cmd: ['a', 'b'] });
test(gives, ['CMD echo $HOME'], { Cmd: ['/bin/sh', '-c', 'echo $HOME'] });
test(gives, ['cmd [broken'], { Cmd: ['/bin/sh', '-c', '[broken'] });
test(gives, ['ENTRYPOINT ["/x"]'], { Entrypoint: ['/x'] });
test(gives, ['ENV A=1 B="two words" C=\'$A\''], { Env: ['A=1', 'B=two words', 'C=$A'] });
test(gives, ['ENV A some words'], { Env: ['A=some words'] });
test(gives, ['ENV A=1', 'ENV A=2', 'ENV B=${A}x', 'ENV C="$B"'], { Env: ['A=2', 'B=2x', 'C=2x'] });
test(gives, ['ENV A=${B:-none}', 'ENV C=${A:+set}'], { Env: ['A=none', 'C=set'] });
test(gives, ['ENV A=a\\ b'], { Env: ['A=a b'] });
test(gives, ['ENV A='], { Env: ['A='] });
test(gives, ['EXPOSE 80 53/udp 8000-8001'], { ExposedPorts: { '80/tcp': {}, '53/udp': {}, '8000/tcp': {}, '8001/tcp': {} } });
test(gives, ['EXPOSE 80', 'EXPOSE 81/TCP'], { ExposedPorts: { '80/tcp': {}, '81/tcp': {} } });
test(gives, ['LABEL a=1 "b c"="d e"'], { Labels: { a: '1', 'b c': 'd e' } });
test(gives, ['USER me:us'], { User: 'me:us' });
test(gives, ['VOLUME ["/a b", "/c"]', 'VOLUME /d /e'], { Volumes: { '/a b': {}, '/c': {}, '/d': {}, '/e': {} } });
test(gives, ['WORKDIR /a', 'WORKDIR b/../c'], { WorkingDir: '/a/c' });
test(gives, ['STOPSIGNAL SIGINT'], { StopSignal: 'SIGINT' });
test(gives, ['ONBUILD RUN a', 'ONBUILD RUN b'], { OnBuild: ['RUN a', 'RUN b'] });
test(gives, ['HEALTHCHECK NONE'], { Healthcheck: { Test: ['NONE'] } });
test(gives, ['HEALTHCHECK --interval=1m30s --retries=2 CMD curl x'], {
  Healthcheck: { Test: ['CMD-SHELL', 'curl x'], Interval: 90e9, Retries: 2 },
});
test(gives, ['HEALTHCHECK CMD ["curl"]'], { Healthcheck: { Test: ['CMD', 'curl'] } });
test(gives, ['USER a\nENV B=1\n\n'], { User: 'a', Env: ['B=1'] });

const refused = test.macro({
  exec(t, change: string) {
    t.throws(() => applyChanges({}, [change]), { code: 'CHANGE_INVALID' });
  },
  title: (_, change) => `--change ${JSON.stringify(change)} is refused`,
});
for (const change of [
  'RUN x',
  'FROM x',
  'CMD',
  'ENV A',
  'ENV A="b',
  "LABEL a='b",
  'EXPOSE http',
  'EXPOSE 70000',
  'EXPOSE 9-8',
  'USER a b',
  'HEALTHCHECK x',
  'HEALTHCHECK --interval=x CMD y',
  'HEALTHCHECK --retries=-1 CMD y',
])
  test(refused, change);
