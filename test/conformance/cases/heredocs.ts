// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of build files
import type { ConformanceCases } from '../conformance-case.ts';
import { lines } from './lines.ts';

const HEREDOCS = 'Buildah 1.28 has no heredocs';

/** Documents in the build file. */
export const heredocs: ConformanceCases = [
  {
    name: 'heredoc: a script',
    dockerfile: lines('FROM busybox', 'RUN <<EOF', 'echo one > /1', 'x=two', 'echo $x "$HOME" > /2', 'EOF'),
    unlikeBuildah: HEREDOCS,
    tree: ['1 f644 "one\\n"', '2 f644 "two /root\\n"'],
  },
  {
    name: 'heredoc: a script with an interpreter',
    dockerfile: lines('FROM busybox', 'RUN <<EOF', '#!/bin/awk -f', 'BEGIN { print "hello" > "/out" }', 'EOF'),
    unlikeBuildah: HEREDOCS,
    tree: ['out f644 "hello\\n"'],
  },
  {
    name: 'heredoc: input of a command',
    dockerfile: lines('FROM busybox', 'RUN cat <<A > /1; cat <<B | tr a-z A-Z > /2', 'first $HOME', 'A', 'second', 'B'),
    unlikeBuildah: HEREDOCS,
    tree: ['1 f644 "first /root\\n"', '2 f644 "SECOND\\n"'],
  },
  {
    name: 'heredoc: input with a number',
    dockerfile: lines('FROM busybox', 'RUN 3<<IN cat /proc/self/fd/3 > /out', 'three', 'IN'),
    unlikeBuildah: HEREDOCS,
    tree: ['out f644 "three\\n"'],
  },
  {
    name: 'heredoc: tabs',
    dockerfile: lines('FROM busybox', 'COPY <<A /1', '\tx', 'A', 'COPY <<-A /2', '\t\tx', '\tA', 'RUN <<-A', '\techo "', '\ty" > /3', 'A'),
    unlikeBuildah: HEREDOCS,
    tree: ['1 f644 "\\tx\\n"', '2 f644 "x\\n"', '3 f644 "\\ny\\n"'],
  },
  {
    name: 'heredoc: files',
    dockerfile: lines('FROM scratch', 'COPY <<A /one', '1', 'A', 'COPY <<A <<B /dir/', 'a', 'A', 'b', 'B', 'COPY <<empty /', 'empty'),
    unlikeBuildah: HEREDOCS,
    tree: ['dir d755', 'dir/A f644 "a\\n"', 'dir/B f644 "b\\n"', 'empty f644 ""', 'one f644 "1\\n"'],
    history: ['COPY <<A /one # buildkit', 'COPY <<A <<B /dir/ # buildkit', 'COPY <<empty / # buildkit'],
  },
  {
    name: 'heredoc: files beside files',
    dockerfile: lines('FROM scratch', 'COPY a <<B /dir/', 'b', 'B'),
    files: { a: '1' },
    unlikeBuildah: HEREDOCS,
    tree: ['dir d755', 'dir/B f644 "b\\n"', 'dir/a f644 "1"'],
  },
  {
    name: 'heredoc: variables',
    dockerfile: lines(
      'FROM scratch',
      'ARG name=world',
      'COPY <<A /1',
      'Hello ${name} \'$name\' "$name" \\$name \\\\',
      'A',
      "COPY <<'A' /2",
      'Hello ${name} \\',
      'A',
      'COPY <<"A" /3',
      'Hello $name',
      'A',
    ),
    unlikeBuildah: HEREDOCS,
    tree: ['1 f644 "Hello world \'world\' \\"world\\" $name \\\\\\n"', '2 f644 "Hello ${name} \\\\\\n"', '3 f644 "Hello $name\\n"'],
  },
  {
    name: 'heredoc: owner and mode',
    dockerfile: lines('FROM busybox', 'COPY --chmod=755 --chown=user:extra <<A /1', 'x', 'A', 'ADD --chown=7 <<A /2', 'y', 'A'),
    unlikeBuildah: HEREDOCS,
    tree: ['1 f755 1000:2000 "x\\n"', '2 f644 7:7 "y\\n"'],
  },
  {
    name: 'heredoc: in ONBUILD',
    base: lines('FROM busybox', 'ONBUILD RUN <<EOF', 'echo 1 > /out', 'EOF'),
    dockerfile: 'FROM base',
    unlikeBuildah: HEREDOCS,
    tree: ['out f644 "1\\n"'],
  },
  {
    name: 'heredoc: with a shell of its own',
    dockerfile: lines('FROM busybox', 'SHELL ["/bin/awk"]', 'RUN <<EOF', 'BEGIN { print "x" > "/out" }', 'EOF'),
    unlikeBuildah: HEREDOCS,
    tree: ['out f644 "x\\n"'],
    config: { Shell: ['/bin/awk'] },
  },
  { name: 'heredoc: without an end', dockerfile: lines('FROM busybox', 'RUN <<EOF', 'echo'), fails: /unterminated heredoc/ },
];
