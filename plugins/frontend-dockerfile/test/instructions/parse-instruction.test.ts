import { VarveError } from '@varve/core';
import test from 'ava';
import { parseInstruction } from '../../src/instructions/parse-instruction.ts';
import { parseSyntax } from '../../src/parser/parse-syntax.ts';

function parse(text: string) {
  const [node] = parseSyntax(text).nodes;
  if (node === undefined) throw new Error('no instruction');
  return parseInstruction(node, { file: 'Dockerfile', startLine: node.start, endLine: node.end });
}

const means = test.macro({
  exec(t, text: string, expected: Readonly<Record<string, unknown>>) {
    t.like(parse(text), expected);
  },
  title: (_, text) => `means ${JSON.stringify(text)}`,
});
test(means, 'FROM a:1', { kind: 'from', image: 'a:1', name: undefined });
test(means, 'from --platform=$P a aS Build', {
  keyword: 'from',
  name: 'build',
  nameAsWritten: 'Build',
  asKeyword: 'aS',
  platform: '$P',
  flags: ['platform'],
});
test(means, 'ENV a b c', { kind: 'env', pairs: [{ key: 'a', value: 'b c', separator: '' }] });
test(means, 'LABEL "a"=b', { kind: 'label', pairs: [{ key: '"a"', value: 'b', separator: '=' }] });
test(means, 'ARG a b= c=d=e', {
  declarations: [{ name: 'a' }, { name: 'b', value: '' }, { name: 'c', value: 'd=e' }],
});
test(means, 'RUN a  b', {
  command: { form: 'shell', args: ['a  b'] },
  network: 'default',
  security: 'sandbox',
  mounts: [],
});
test(means, 'RUN --network=none --mount=type=cache,target=$x --mount=target=/y ["a"]', {
  command: { form: 'exec', args: ['a'] },
  network: 'none',
  mounts: ['type=cache,target=$x', 'target=/y'],
});
test(means, 'RUN', { command: { form: 'shell', args: [] } });
test(means, 'CMD []', { kind: 'cmd', command: { form: 'exec', args: [] } });
test(means, 'ENTRYPOINT a b', { kind: 'entrypoint', command: { form: 'shell', args: ['a b'] } });
test(means, 'SHELL ["a", "-c"]', { kind: 'shell', args: ['a', '-c'] });
test(means, 'COPY --from=0 --chown=a:b --chmod=755 --link=false --parents --exclude=x --exclude=y a b /c/', {
  sources: ['a', 'b'],
  dest: '/c/',
  from: '0',
  chown: 'a:b',
  chmod: '755',
  link: false,
  parents: true,
  exclude: ['x', 'y'],
});
test(means, 'COPY <<E a /c\nx\nE', {
  sources: ['a'],
  dest: '/c',
  documents: [{ name: 'E', content: 'x\n', expand: true, chomp: false, fd: 0 }],
});
test(means, 'COPY ["<<E", "/c"]', { sources: ['<<E'], documents: [] });
test(means, 'ADD --checksum=sha256:x --unpack=false --keep-git-dir --link u /d', {
  checksum: 'sha256:x',
  unpack: false,
  keepGitDir: true,
  link: true,
});
test(means, 'HEALTHCHECK none', { kind: 'healthcheck', command: undefined });
test(means, 'HEALTHCHECK --interval=1m30s --timeout=.5s --start-period=1ms --start-interval=0 --retries=0 CMD a b', {
  command: { form: 'shell', args: ['a b'] },
  interval: 90e9,
  timeout: 5e8,
  startPeriod: 1e6,
  startInterval: 0,
  retries: 0,
});
test(means, 'ONBUILD  run --mount=a b', { trigger: 'run --mount=a b', triggerKeyword: 'run' });
test(means, 'ONBUILD COPY <<E /x\na\nE', { trigger: 'COPY <<E /x\na\nE' });
test(means, 'EXPOSE 90 80/tcp', { ports: ['80/tcp', '90'] });
test(means, 'VOLUME [" /a ", "b/"]', { paths: ['/a', 'b/'] });
test(means, 'WORKDIR /a b', { path: '/a b' });
test(means, 'USER a:b', { user: 'a:b' });
test(means, 'STOPSIGNAL 9', { signal: '9' });
test(means, 'MAINTAINER a <b@c>', { name: 'a <b@c>' });

const refuses = test.macro({
  exec(t, text: string, message: string) {
    const error = t.throws(() => void parse(text), { instanceOf: VarveError });
    t.deepEqual([error?.code, error?.source?.startLine], ['FRONTEND_SYNTAX', 1]);
    t.is(error?.message, `dockerfile parse error on line 1: ${message}`);
  },
  title: (_, text) => `refuses ${JSON.stringify(text)}`,
});
test(refuses, 'FFOM a', 'unknown instruction: FFOM (did you mean FROM?)');
test(refuses, 'RNU a', 'unknown instruction: RNU (did you mean RUN?)');
test(refuses, 'run! a', 'unknown instruction: run! (did you mean RUN?)');
test(refuses, '\\\n\n', 'unknown instruction: ');
test(refuses, 'SOMETHING a', 'unknown instruction: SOMETHING');
for (const cmd of ['ENV', 'LABEL', 'ONBUILD', 'HEALTHCHECK', 'EXPOSE', 'VOLUME', 'ARG', 'SHELL'])
  test(refuses, cmd, `${cmd} requires at least one argument`);
for (const cmd of ['MAINTAINER', 'WORKDIR', 'USER', 'STOPSIGNAL']) test(refuses, cmd, `${cmd} requires exactly one argument`);
for (const cmd of ['COPY', 'ADD'])
  test(refuses, `${cmd} a`, `${cmd} requires at least two arguments, but only one was provided. Destination could not be determined.`);
test(refuses, 'FROM', 'FROM requires either one or three arguments');
test(refuses, 'FROM a b c', 'FROM requires either one or three arguments');
test(refuses, 'FROM a AS 1x', `invalid name for build stage: "1x", name can't start with a number or contain symbols`);
test(refuses, 'ENV =a', 'ENV names can not be blank');
test(refuses, 'ARG =a', 'ARG names can not be blank');
test(refuses, 'RUN --mont=x y', 'unknown flag: --mont (did you mean mount?)');
test(refuses, 'RUN --Mount=x y', 'unknown flag: --Mount (did you mean mount?)');
test(refuses, 'MAINTAINER --boo a', 'unknown flag: --boo');
test(refuses, 'WORKDIR --constructor /a', 'unknown flag: --constructor');
test(refuses, 'COPY --chown a b', 'missing a value on flag: --chown');
test(refuses, 'COPY --link= a b', 'missing a value on flag: --link');
test(refuses, 'COPY --link=no a b', 'expecting boolean value for flag --link, not: no');
test(refuses, 'COPY --from=a --from=b c d', 'duplicate flag specified: --from');
test(refuses, 'COPY --exclude a b', 'missing a value on flag: --exclude');
test(refuses, 'COPY --x a <<E\nE', 'unknown flag: --x');
test(refuses, 'ARG --x', 'ARG requires at least one argument');
test(refuses, 'COPY a <<E\nE', 'COPY cannot accept a heredoc as a destination');
test(refuses, 'RUN --network=x a', 'invalid network mode "x"');
test(refuses, 'RUN --security=x a', 'security "x" is not valid');
test(refuses, 'RUN --device=a,name=b x', 'device name already set to a');
test(refuses, 'RUN --device=a,b x', "invalid field 'b' must be a key=value pair");
test(refuses, 'RUN --device=a,required=maybe x', 'invalid value for required: maybe');
test(refuses, 'RUN --device=a,requird=1 x', "unexpected key 'requird' in 'requird=1' (did you mean required?)");
test(refuses, 'RUN --mount=type a', "invalid field 'type' must be a key=value pair");
test(refuses, 'RUN --mount=from=$a,target=/b c', "'from' doesn't support variable expansion, define alias stage instead");
test(refuses, 'SHELL a -c', 'SHELL requires the arguments to be in JSON form');
test(refuses, 'VOLUME ["a", " "]', 'VOLUME specified can not be an empty string');
test(refuses, 'HEALTHCHECK NONE a', 'HEALTHCHECK NONE takes no arguments');
test(refuses, 'HEALTHCHECK CMD', 'Missing command after HEALTHCHECK CMD');
test(refuses, 'HEALTHCHECK a', 'Unknown type "A" in HEALTHCHECK (try CMD)');
test(refuses, 'HEALTHCHECK --interval=50ns CMD a', 'Interval "interval" cannot be less than 1ms');
test(refuses, 'HEALTHCHECK --timeout=30 CMD a', 'time: missing unit in duration "30"');
test(refuses, 'HEALTHCHECK --timeout=3x CMD a', 'time: unknown unit "x" in duration "3x"');
test(refuses, 'HEALTHCHECK --timeout=x CMD a', 'time: invalid duration "x"');
test(refuses, 'HEALTHCHECK --retries=x CMD a', 'strconv.ParseInt: parsing "x": invalid syntax');
test(refuses, 'HEALTHCHECK --retries=-1 CMD a', '--retries cannot be negative (-1)');
test(refuses, 'ONBUILD ONBUILD RUN a', "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
test(refuses, 'ONBUILD from a', "FROM isn't allowed as an ONBUILD trigger");
test(refuses, 'ONBUILD MAINTAINER a', "MAINTAINER isn't allowed as an ONBUILD trigger");
