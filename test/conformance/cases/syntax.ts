import type { ConformanceCases } from '../conformance-case.ts';
import { lines } from './lines.ts';

/** The syntax of the build file. */
export const syntax: ConformanceCases = [
  {
    name: 'syntax: any case and any blanks',
    dockerfile: lines('  from busybox', '\tEnV  a=1', 'run\techo $a > /out', 'CmD ["x"]'),
    tree: ['out f644 "1\\n"'],
    config: { Env: ['a=1'], Cmd: ['x'] },
  },
  {
    name: 'syntax: comments',
    dockerfile: lines(
      '# first',
      'FROM busybox',
      '# RUN exit 1',
      '  # indented',
      'RUN echo "# not a comment" # but this > /out',
      'RUN echo a > /out # one for the shell',
    ),
    tree: ['out f644 "a\\n"'],
  },
  {
    name: 'syntax: another escape character',
    dockerfile: lines('# escape=`', 'FROM busybox', 'RUN echo a `', '  b\\c > /out', 'ENV x=1`', '  y=a\\b z=c` d', 'COPY f /w`x/'),
    files: { f: '1' },
    unlikeBuildah: 'Buildah 1.28 escapes with a backslash, too',
    tree: ['out f644 "a bc\\n"', 'wx d755', 'wx/f f644 "1"'],
    config: { Env: ['x=1', 'y=a\\b', 'z=c d'] },
  },
  {
    name: 'syntax: CRLF and a byte order mark',
    dockerfile: '\ufeffFROM busybox\r\nRUN echo a > /1 && \\\r\n  echo b > /2\r\nENV a=1\r\n',
    tree: ['1 f644 "a\\n"', '2 f644 "b\\n"'],
    config: { Env: ['a=1'] },
  },
  { name: 'syntax: a backslash at the end of the file', dockerfile: 'FROM busybox\nRUN echo a > /out \\', tree: ['out f644 "a\\n"'] },
  {
    name: 'syntax: directives end at the first comment',
    dockerfile: lines('# just a comment', '# escape=`', 'FROM busybox', 'RUN echo a \\', '  b > /out'),
    tree: ['out f644 "a b\\n"'],
  },
  {
    name: 'syntax: a directive for another frontend',
    dockerfile: lines('# syntax=docker/dockerfile:1', 'FROM busybox', 'RUN echo a > /out'),
    tree: ['out f644 "a\\n"'],
  },
  { name: 'syntax: an empty file', dockerfile: '', fails: /file with no instructions/ },
  { name: 'syntax: only arguments', dockerfile: lines('ARG a=1'), fails: /dockerfile contains no stages to build/ },
  {
    name: 'syntax: an unknown instruction',
    dockerfile: lines('FROM busybox', 'RNU true'),
    fails: /unknown instruction: RNU \(did you mean RUN\?\)/i,
  },
  {
    name: 'syntax: something before FROM',
    dockerfile: lines('RUN true', 'FROM busybox'),
    fails: /no build stage in current context/,
    unlikeBuildah: 'Buildah takes it',
  },
  {
    name: 'syntax: an instruction without arguments',
    dockerfile: lines('FROM busybox', 'COPY a'),
    fails: /COPY requires at least two arguments/,
  },
  {
    name: 'syntax: a flag without a value',
    dockerfile: lines('FROM busybox', 'COPY --chown a /'),
    fails: /missing a value on flag: --chown/i,
  },
  {
    name: 'syntax: a flag twice',
    dockerfile: lines('FROM busybox', 'COPY --from=a --from=b x /'),
    fails: /duplicate flag specified: --from/i,
  },
];
