// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of build files
import type { ConformanceCases } from '../conformance-case.ts';
import { lines } from './lines.ts';

const print = (...names: readonly string[]): string => `RUN echo "${names.map((name) => `$${name}`).join('|')}" > /out`;

/** ARG: who sees what. */
export const buildArguments: ConformanceCases = [
  {
    name: 'ARG: a default',
    dockerfile: lines('FROM busybox', 'ARG a=1', 'ARG b', 'ARG c=$a-$b', print('a', 'b', 'c')),
    tree: ['out f644 "1||1-\\n"'],
  },
  {
    name: 'ARG: a value of the command line',
    dockerfile: lines('FROM busybox', 'ARG a=1', 'ARG b', print('a', 'b')),
    asked: { args: { a: 'x', b: 'y' } },
    tree: ['out f644 "x|y\\n"'],
  },
  {
    name: 'ARG: an empty value of the command line',
    dockerfile: lines('FROM busybox', 'ARG a=1', 'RUN echo "${a-unset}${a:-empty}" > /out'),
    asked: { args: { a: '' } },
    tree: ['out f644 "empty\\n"'],
  },
  {
    name: 'ARG: without a value it is not set',
    dockerfile: lines('FROM busybox', 'ARG a', 'RUN echo "${a-unset}" > /out'),
    tree: ['out f644 "unset\\n"'],
  },
  {
    name: 'ARG: is not seen before it',
    dockerfile: lines('FROM busybox', 'ENV v=$a', 'ARG a=1', 'ENV w=$a'),
    asked: { args: { a: 'x' } },
    tree: [],
    config: { Env: ['v=', 'w=x'] },
  },
  {
    name: 'ARG: several in a line',
    dockerfile: lines('FROM busybox', 'ARG a=1 b c="x y" d=\'$a\'', print('a', 'b', 'c', 'd')),
    asked: { args: { b: '2' } },
    tree: ['out f644 "1|2|x y|$a\\n"'],
  },
  {
    name: 'ARG: quotes',
    dockerfile: lines('FROM busybox', 'ARG a="1 2"', "ARG b='3 $a'", 'ARG c=4\\ 5', 'ARG d=""', print('a', 'b', 'c', 'd')),
    tree: ['out f644 "1 2|3 $a|4 5|\\n"'],
  },
  {
    name: 'ARG: given again',
    dockerfile: lines('FROM busybox', 'ARG a=1', 'ARG a=2', 'ENV x=$a', 'ARG a', 'ENV y=$a'),
    tree: [],
    config: { Env: ['x=2', 'y=2'] },
  },
  { name: 'ARG: of the file is not of the stage', dockerfile: lines('ARG a=1', 'FROM busybox', print('a')), tree: ['out f644 "\\n"'] },
  {
    name: 'ARG: of the file is taken over',
    dockerfile: lines('ARG a=1', 'ARG b=2', 'FROM busybox', 'ARG a', 'ARG b=3', print('a', 'b')),
    tree: ['out f644 "1|3\\n"'],
  },
  {
    name: 'ARG: of the file, with a value of the command line',
    dockerfile: lines('ARG a=1', 'FROM busybox', 'ARG a', print('a')),
    asked: { args: { a: 'x' } },
    tree: ['out f644 "x\\n"'],
  },
  {
    name: 'ARG: of the file uses others',
    dockerfile: lines('ARG a=busy', 'ARG b=${a}box', 'FROM $b', 'ARG b', print('b')),
    tree: ['out f644 "busybox\\n"'],
  },
  {
    name: 'ARG: ends with its stage',
    dockerfile: lines('FROM busybox AS s', 'ARG a=1', 'FROM busybox', print('a')),
    tree: ['out f644 "\\n"'],
  },
  {
    name: 'ARG: is inherited by stages of the stage',
    dockerfile: lines('FROM busybox AS s', 'ARG a=1', 'FROM s', print('a'), 'ENV e=$a'),
    unlikeBuildah: 'Buildah 1.28 forgets it',
    tree: ['out f644 "1\\n"'],
    config: { Env: ['e=1'] },
  },
  {
    name: 'ARG: ENV and ARG, the later one counts',
    dockerfile: lines('FROM busybox', 'ARG a=1', 'ENV a=2', print('a'), 'ARG a=3', 'RUN echo $a >> /out', 'LABEL l=$a'),
    asked: { args: { a: 'x' } },
    unlikeBuildah: 'in Buildah ENV always counts, as in docker before BuildKit',
    tree: ['out f644 "2\\nx\\n"'],
    config: { Env: ['a=2'], Labels: { l: 'x' } },
  },
  {
    name: 'ARG: comes after ENV of the base',
    base: lines('FROM busybox', 'ENV a=base'),
    dockerfile: lines('FROM base', 'ARG a=1', print('a'), 'LABEL l=$a'),
    asked: { args: { a: 'x' } },
    unlikeBuildah: 'in Buildah ENV always counts, as in docker before BuildKit',
    tree: ['out f644 "x\\n"'],
    config: { Env: ['a=base'], Labels: { l: 'x' } },
  },
  {
    name: 'ARG: is not in the config',
    dockerfile: lines('FROM busybox', 'ARG a=1', 'ENV b=2', 'RUN true'),
    tree: [],
    config: { Env: ['b=2'] },
  },
  {
    name: 'ARG: in rows of RUN',
    dockerfile: lines('FROM busybox', 'ARG a=1', 'RUN true', 'ARG b=2 c', 'RUN ["true"]', 'ARG a=3', 'RUN true'),
    tree: [],
    history: [
      'ARG a=1',
      'RUN |1 a=1 /bin/sh -c true # buildkit',
      'ARG b=2 c',
      'RUN |3 a=1 b=2 c= true # buildkit',
      'ARG a=3',
      'RUN |3 a=3 b=2 c= /bin/sh -c true # buildkit',
    ],
  },
  {
    name: 'ARG: HTTP_PROXY without ARG',
    dockerfile: lines('FROM busybox', 'RUN echo "$HTTP_PROXY|$http_proxy|$NO_PROXY|$FTP_PROXY" > /out'),
    asked: { args: { HTTP_PROXY: 'p', no_proxy: 'n', FTP_PROXY: 'f' } },
    unlikeBuildah: 'Buildah gives the spelling that it got',
    tree: ['out f644 "p|p|n|f\\n"'],
  },
  {
    name: 'ARG: the platform',
    dockerfile: lines('FROM busybox', 'ARG TARGETOS', 'RUN echo "$TARGETOS|$TARGETARCH|$BUILDPLATFORM" > /out'),
    tree: ['out f644 "linux||\\n"'],
  },
  {
    name: 'ARG: the platform of FROM',
    dockerfile: lines('FROM --platform=$BUILDPLATFORM busybox', 'ARG TARGETOS BUILDOS', print('TARGETOS', 'BUILDOS')),
    tree: ['out f644 "linux|linux\\n"'],
  },
  {
    name: 'ARG: a name of the environment',
    dockerfile: lines('FROM busybox', 'ARG PATH=/other', 'RUN /bin/echo $PATH > /out'),
    unlikeBuildah: 'in Buildah ENV always counts, as in docker before BuildKit',
    tree: ['out f644 "/other\\n"'],
  },
  {
    name: 'ARG: one of the file that must be',
    dockerfile: lines('ARG FOO=${FOO:?"custom error"}', 'FROM busybox'),
    fails: /FOO: custom error/,
  },
  {
    name: 'ARG: one of a stage that must be',
    dockerfile: lines('FROM busybox', 'ARG FOO', 'ARG BAR=${FOO:?"foo missing"}'),
    fails: /FOO: foo missing/,
  },
  {
    name: 'ARG: one that must be, given',
    dockerfile: lines('FROM busybox', 'ARG FOO', 'ARG BAR=${FOO:?"foo missing"}', 'RUN echo $BAR > /out'),
    asked: { args: { BAR: 'b' } },
    unlikeBuildah: 'Buildah 1.28 does not know this',
    tree: ['out f644 "b\\n"'],
  },
  {
    name: 'ARG: several of the file',
    dockerfile: lines(
      'ARG a1="foo bar" a2=box',
      'ARG a3="$a2-foo"',
      'FROM busy$a2',
      'ARG a3 a4="123 456" a1',
      'RUN echo "$a1:$a3:$a4" > /out',
    ),
    tree: ['out f644 "foo bar:box-foo:123 456\\n"'],
  },
  {
    name: 'ARG: with patterns in FROM',
    dockerfile: lines('ARG image=idlebox', 'FROM busy${image#idle}', 'ARG v=1.2.3', 'ENV m=${v%%.*} n="${v#*.}"'),
    unlikeBuildah: 'Buildah 1.28 does not know this',
    tree: [],
    config: { Env: ['m=1', 'n=2.3'] },
  },
  {
    name: 'ARG: TARGETSTAGE',
    dockerfile: lines(
      'FROM busybox AS base',
      'ARG TARGETSTAGE',
      'RUN echo $TARGETSTAGE > /out',
      'FROM scratch AS last',
      'COPY --from=base /out /',
    ),
    unlikeBuildah: 'Buildah 1.28 does not know this',
    tree: ['out f644 "last\\n"'],
  },
  {
    name: 'ARG: an empty default',
    dockerfile: lines('FROM busybox', 'ARG FOO', 'ARG BAR=', 'RUN env | grep -e FOO -e BAR > /out'),
    tree: ['out f644 "BAR=\\n"'],
  },
  {
    name: 'ARG: HTTP_PROXY with ARG',
    dockerfile: lines('FROM busybox', 'ARG HTTP_PROXY', 'RUN echo $HTTP_PROXY > /out'),
    asked: { args: { HTTP_PROXY: 'p' } },
    tree: ['out f644 "p\\n"'],
  },
  {
    name: 'ARG: rows',
    dockerfile: lines('FROM busybox', 'ARG foo=bar', 'ARG bar=123', 'ARG foo=bar2', 'RUN true'),
    tree: [],
    history: ['ARG foo=bar', 'ARG bar=123', 'ARG foo=bar2', 'RUN |2 foo=bar2 bar=123 /bin/sh -c true # buildkit'],
  },
];
