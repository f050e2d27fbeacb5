import type { ConformanceCases } from '../conformance-case.ts';
import { lines } from './lines.ts';

/** `COPY --from` keeps what is in the stage. */
export const copyFromStages: ConformanceCases = [
  {
    name: 'owners of a stage are kept',
    dockerfile: lines(
      'FROM busybox AS made',
      'RUN mkdir -p /d/s && touch /f /d/s/g && chown 1:2 /f && chown 3:4 /d /d/s && chown 5:6 /d/s/g && chmod 2711 /d/s',
      'FROM busybox',
      'USER 9',
      'COPY --from=made /f /',
      'COPY --from=made /d /new',
      'COPY --from=made /d /tmp',
    ),
    tree: ['f f644 1:2 ""', 'new d755', 'new/s d2711 3:4', 'new/s/g f644 5:6 ""', 'tmp/s d2711 3:4', 'tmp/s/g f644 5:6 ""'],
    config: { User: '9' },
  },
  {
    name: '--chown changes owners of a stage',
    dockerfile: lines(
      'FROM busybox AS made',
      'RUN mkdir -p /d/s && touch /d/s/g && chown -R 3:4 /d',
      'FROM scratch',
      'COPY --from=made --chown=7:8 /d /new',
    ),
    tree: ['new d755 7:8', 'new/s d755 7:8', 'new/s/g f644 7:8 ""'],
  },
  {
    name: 'special bits of a stage are kept',
    dockerfile: lines(
      'FROM busybox AS made',
      'RUN mkdir /a && echo x > /a/u && chmod 4755 /a/u && echo x > /a/g && chmod 2755 /a/g && echo x > /a/t && chmod 1755 /a/t',
      'FROM scratch',
      'COPY --from=made /a/u /a/g /a/t /',
    ),
    tree: ['g f2755 "x\\n"', 't f1755 "x\\n"', 'u f4755 "x\\n"'],
  },
  {
    name: 'attributes of a stage',
    dockerfile: lines('FROM scratch AS made', 'COPY . /d/', 'FROM scratch', 'COPY --from=made /d/a /'),
    files: { a: { text: '1', xattrs: { 'user.note': 'v' } } },
    tree: ['a f644 "1" user.note=v'],
  },
  {
    name: 'devices and FIFOs of a stage',
    dockerfile: lines('FROM busybox AS made', 'RUN mkdir /d && mkfifo -m 600 /d/p', 'FROM scratch', 'COPY --from=made /d /x'),
    tree: ['x d755', 'x/p p600'],
  },
  {
    name: 'hard links that several commands of a stage made',
    dockerfile: lines(
      'FROM busybox AS one',
      'RUN mkdir -p /d/e && echo 1 > /d/a',
      'RUN ln /d/a /d/e/b',
      'RUN ln /d/e/b /d/e/c',
      'FROM scratch',
      'COPY --from=one /d/e /e',
      'COPY --from=one /d /d',
    ),
    tree: [
      'd d755',
      'd/a f644 "1\\n"',
      'd/e d755',
      'd/e/b f644 "1\\n"',
      'd/e/c f644 "1\\n" = d/e/b',
      'e d755',
      'e/b f644 "1\\n"',
      'e/c f644 "1\\n" = e/b',
    ],
  },
  {
    name: 'symlinks of a stage',
    dockerfile: lines(
      'FROM busybox AS made',
      'RUN mkdir -p /o/s && ln -s /o/s /s && ln -s o/s /r && echo hi > /s/f',
      'FROM scratch',
      'COPY --from=made /s/f /1',
      'COPY --from=made /r/f /2',
      'COPY --from=made /s /3',
      'COPY --from=made /r/ /4/',
    ),
    tree: ['1 f644 "hi\\n"', '2 f644 "hi\\n"', '3 d755', '3/f f644 "hi\\n"', '4 d755', '4/f f644 "hi\\n"'],
  },
  {
    name: 'a relative path of a stage begins at its root',
    dockerfile: lines(
      'FROM busybox AS made',
      'WORKDIR /w',
      'RUN echo hi > f && echo root > /f',
      'FROM scratch',
      'COPY --from=made f w/f /',
    ).replace('f w/f /', 'f /a/\nCOPY --from=made w/f /b/'),
    tree: ['a d755', 'a/f f644 "root\\n"', 'b d755', 'b/f f644 "hi\\n"'],
  },
  {
    name: 'the root of a stage',
    dockerfile: lines(
      'FROM busybox AS made',
      'RUN rm -r /bin && mkdir /k && echo hi > /k/f',
      'FROM scratch',
      'COPY --from=made / /',
      'FROM scratch',
      'COPY --from=1 . /copy/',
    ).replace('COPY --from=made / /', 'COPY --from=made /k /k'),
    tree: ['copy d755', 'copy/k d755', 'copy/k/f f644 "hi\\n"'],
  },
  {
    name: 'a wildcard in a stage',
    dockerfile: lines(
      'FROM busybox AS made',
      'RUN mkdir /d && echo 1 > /d/a1 && echo 2 > /d/a2 && echo 3 > /d/b',
      'FROM scratch',
      'COPY --from=made /d/a* /x/',
      'COPY --from=made d/?? /y/',
    ),
    tree: ['x d755', 'x/a1 f644 "1\\n"', 'x/a2 f644 "2\\n"', 'y d755', 'y/a1 f644 "1\\n"', 'y/a2 f644 "2\\n"'],
  },
  {
    name: 'a file of a stage that is missing',
    dockerfile: lines('FROM busybox AS made', 'FROM scratch', 'COPY --from=made /nope /'),
    fails: /"\/nope": not found/,
  },
  {
    name: 'a file that a stage has removed',
    dockerfile: lines('FROM busybox AS made', 'RUN echo 1 > /f', 'RUN rm /f', 'FROM scratch', 'COPY --from=made /f /'),
    fails: /"\/f": not found/,
  },
  {
    name: 'what a stage has removed is not copied',
    dockerfile: lines(
      'FROM busybox AS made',
      'RUN mkdir /d && echo 1 > /d/a && echo 2 > /d/b',
      'RUN rm /d/a',
      'RUN rm -r /d && mkdir /d && echo 3 > /d/c',
      'FROM scratch',
      'COPY --from=made /d /x/',
    ),
    tree: ['x d755', 'x/c f644 "3\\n"'],
  },
  {
    name: 'from an image',
    dockerfile: lines('FROM scratch', 'COPY --from=busybox /etc/passwd /etc/group /x/'),
    tree: [
      'x d755',
      'x/group f644 "root:x:0:\\nuser:x:1000:\\nextra:x:2000:user\\n"',
      'x/passwd f644 "root:x:0:0:root:/root:/bin/sh\\nuser:x:1000:1000::/home/user:/bin/sh\\n"',
    ],
  },
  {
    name: 'from an image with a variable',
    dockerfile: lines('ARG img=busybox', 'FROM $img AS files', 'FROM scratch', 'COPY --from=files /etc/group /x'),
    tree: ['x f644 "root:x:0:\\nuser:x:1000:\\nextra:x:2000:user\\n"'],
  },
  {
    name: 'from a variable',
    dockerfile: lines('FROM busybox AS made', 'FROM scratch', 'ARG S=made', 'COPY --from=$S /etc/group /x'),
    fails: /variable expansion is not supported for --from/,
  },
  {
    name: 'a volume of a stage',
    dockerfile: lines('FROM busybox AS made', 'VOLUME /v', 'RUN mkdir -p /v && echo kept > /v/f', 'FROM scratch', 'COPY --from=made /v /x'),
    unlikeBuildah: 'Buildah 1.28 throws it away',
    tree: ['x d755', 'x/f f644 "kept\\n"'],
  },
  {
    name: 'the ignore file says nothing of stages',
    dockerfile: lines('FROM busybox AS made', 'RUN echo 1 > /secret', 'FROM scratch', 'COPY --from=made /secret /'),
    files: { '.dockerignore': 'secret\n' },
    tree: ['secret f644 "1\\n"'],
  },
  {
    name: 'COPY from a stage to itself and back',
    dockerfile: lines(
      'FROM busybox AS a',
      'RUN mkdir /d && echo 1 > /d/f',
      'FROM a AS b',
      'RUN echo 2 > /d/g',
      'FROM a',
      'COPY --from=b /d /d',
    ),
    tree: ['d d755', 'd/f f644 "1\\n"', 'd/g f644 "2\\n"'],
  },
];
