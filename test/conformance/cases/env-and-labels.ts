// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of build files
import type { ConformanceCases } from '../conformance-case.ts';
import { lines } from './lines.ts';

/** ENV and LABEL: quotes, variables, rows. */
export const envAndLabels: ConformanceCases = [
  {
    name: 'ENV in both forms',
    dockerfile: lines('FROM scratch', 'ENV a=1 b="2 3" c=4\\ 5', "ENV d 6 '7'  8", 'ENV e=$a-${b}', 'ENV a=9'),
    tree: [],
    config: { Env: ['a=9', 'b=2 3', 'c=4 5', 'd=6 7  8', 'e=1-2 3'] },
    history: ['ENV a=1 b=2 3 c=4 5', 'ENV d=6 7  8', 'ENV e=1-2 3', 'ENV a=9'],
  },
  {
    name: 'ENV: quotes in quotes',
    dockerfile: lines(
      'FROM scratch',
      `ENV a="x'y z'w" b='x"y z"w' c="''" d='a\\b' e="a\\"b" f="a\\'b" g='a\\"b' h=x\\y i=`,
      'ENV j="a\\nb" k=a\\\\b l="\\$a"',
    ),
    tree: [],
    config: { Env: ["a=x'y z'w", 'b=x"y z"w', "c=''", 'd=a\\b', 'e=a"b', "f=a\\'b", 'g=a\\"b', 'h=xy', 'i=', 'j=a\\nb', 'k=a\\b', 'l=$a'] },
  },
  {
    name: 'ENV: over several lines',
    dockerfile: lines('FROM scratch', 'ENV a=1 \\', '    b="2a \\', '       2b" \\', '    # a comment', '    c=3 \\', '', '    d=4 \\'),
    tree: [],
    config: { Env: ['a=1', 'b=2a        2b', 'c=3', 'd=4'] },
  },
  {
    name: 'ENV: one instruction sees what was before it',
    dockerfile: lines('FROM scratch', 'ENV a=old', 'ENV a=new b=$a', 'ENV c=$a'),
    tree: [],
    config: { Env: ['a=new', 'b=old', 'c=new'] },
  },
  {
    name: 'ENV: of the base',
    base: lines('FROM busybox', 'ENV a=1 b=2'),
    dockerfile: lines('FROM base', 'ENV b=3 c=$a$b'),
    tree: [],
    config: { Env: ['a=1', 'b=3', 'c=12'] },
  },
  {
    name: 'ENV: names are case-sensitive',
    dockerfile: lines('FROM scratch', 'ENV A=1 a=2', 'ENV a=3'),
    tree: [],
    config: { Env: ['A=1', 'a=3'] },
  },
  { name: 'ENV: without an equals sign', dockerfile: lines('FROM scratch', 'ENV a=1 b'), fails: /can't find = in "b"/ },
  { name: 'ENV: one word', dockerfile: lines('FROM scratch', 'ENV a'), fails: /ENV must have two arguments/ },
  { name: 'ENV: without a name', dockerfile: lines('FROM scratch', 'ENV =1'), fails: /blank/, unlikeBuildah: 'Buildah takes it' },
  { name: 'ENV: an unfinished quote', dockerfile: lines('FROM scratch', `ENV a='x\\'y'`), fails: /unexpected end of statement|quot/i },
  {
    name: 'ENV: equals signs in values',
    dockerfile: lines('FROM scratch', 'ENV a=b=c d="e=f"', 'ENV g h=i'),
    tree: [],
    config: { Env: ['a=b=c', 'd=e=f', 'g=h=i'] },
  },
  {
    name: 'ENV: modifiers',
    dockerfile: lines(
      'FROM scratch',
      'ENV e= s=set',
      'ENV a=${u:-1} b=${e:-2} c=${s:-3} d=${u-4} f=${e-5} g=${s-6} h=${u:+7} i=${e:+8} j=${s:+9} k=${e+10} l=${u:-${s}}',
    ),
    unlikeBuildah: 'Buildah 1.28 knows those with a colon only',
    tree: [],
    config: { Env: ['e=', 's=set', 'a=1', 'b=2', 'c=set', 'd=4', 'f=', 'g=set', 'h=', 'i=', 'j=9', 'k=10', 'l=set'] },
  },
  {
    name: 'ENV: patterns',
    dockerfile: lines('FROM scratch', 'ENV v=a.b.c', 'ENV a=${v#*.} b=${v##*.} c=${v%.*} d=${v%%.*} e=${v/./-} f=${v//./-}'),
    unlikeBuildah: 'Buildah 1.28 has no patterns',
    tree: [],
    config: { Env: ['v=a.b.c', 'a=b.c', 'b=c', 'c=a.b', 'd=a', 'e=a-b.c', 'f=a-b-c'] },
  },
  { name: 'ENV: a variable that must be', dockerfile: lines('FROM scratch', 'ENV a="${u:?is needed}"'), fails: /is needed/ },
  {
    name: 'ENV: dollars',
    dockerfile: lines('FROM scratch', 'ENV v=1', 'ENV a=\\$v b=\'$v\' c="$v" d=$v$ e=$ f=$. g=${v}x h=$vx i=$1 j=$$'),
    unlikeBuildah: 'Buildah leaves $$',
    tree: [],
    config: { Env: ['v=1', 'a=$v', 'b=$v', 'c=1', 'd=1$', 'e=$', 'f=$.', 'g=1x', 'h=', 'i=', 'j='] },
  },
  {
    name: 'LABEL',
    dockerfile: lines('FROM scratch', 'LABEL a=1 "b c"="d e" f.g="h\\', 'i"', 'LABEL a=2', 'LABEL k v w'),
    tree: [],
    config: { Labels: { a: '2', 'b c': 'd e', 'f.g': 'hi', k: 'v w' } },
    history: ['LABEL a=1 b c=d e f.g=hi', 'LABEL a=2', 'LABEL k=v w'],
  },
  {
    name: 'LABEL with variables',
    dockerfile: lines('FROM scratch', 'ARG V=1', 'ENV N=name', 'LABEL $N=$V "x$N"="a ${V}"'),
    tree: [],
    config: { Env: ['N=name'], Labels: { name: '1', xname: 'a 1' } },
  },
  {
    name: 'LABEL of the base and of the command line',
    base: lines('FROM busybox', 'LABEL a=1 b=2'),
    dockerfile: lines('FROM base', 'LABEL b=3'),
    asked: { labels: { c: '4', b: '5' } },
    tree: [],
    config: { Labels: { a: '1', b: '5', c: '4' } },
  },
  {
    name: 'ENV: a percent sign',
    dockerfile: lines('FROM busybox', 'ENV e foo%sbar', 'RUN echo $e > /out'),
    tree: ['out f644 "foo%sbar\\n"'],
    config: { Env: ['e=foo%sbar'] },
  },
  {
    name: 'ENV: the working directory',
    dockerfile: lines('FROM busybox', 'WORKDIR /w', 'ENV p=$PWD:$HOME:$PATH'),
    tree: ['w d755'],
    config: { Env: ['p=::/bin'], WorkingDir: '/w' },
  },
  {
    name: 'LABEL: blanks and quotes',
    dockerfile: lines('FROM scratch', `LABEL a="b c" 'd e'=f g=h\\ i "j"=k`, 'LABEL description="This text \\', 'goes on."'),
    tree: [],
    config: { Labels: { a: 'b c', 'd e': 'f', g: 'h i', j: 'k', description: 'This text goes on.' } },
  },
  { name: 'LABEL: an empty value', dockerfile: lines('FROM scratch', 'LABEL a= b=""'), tree: [], config: { Labels: { a: '', b: '' } } },
  { name: 'LABEL: nothing', dockerfile: lines('FROM scratch', 'LABEL'), fails: /LABEL requires at least one argument/ },
];
