// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of build files
import type { ConformanceCases } from '../conformance-case.ts';
import { lines } from './lines.ts';

/** `RUN --mount`. */
export const runMounts: ConformanceCases = [
  {
    name: 'RUN: nothing is left of what the builder mounts',
    dockerfile: lines(
      'FROM busybox',
      'RUN test -e /proc/self && test -c /dev/null && test -w /dev/shm && echo 1 > /dev/shm/x && cat /etc/hosts /etc/resolv.conf > /dev/null',
    ),
    tree: [],
  },
  {
    name: 'RUN: a bind mount of the context',
    dockerfile: lines(
      'FROM busybox',
      'RUN --mount=target=/ctx cat /ctx/a /ctx/d/b > /out',
      'RUN --mount=type=bind,source=d,target=m cat /m/b >> /out',
    ),
    files: { a: '1\n', 'd/b': '2\n' },
    unlikeBuildah: 'Buildah 1.28 wants absolute targets',
    tree: ['out f644 "1\\n2\\n2\\n"'],
  },
  {
    name: 'RUN: a bind mount of a file',
    dockerfile: lines('FROM busybox', 'WORKDIR /w', 'RUN --mount=source=a,target=f cat f > /out'),
    files: { a: '1\n' },
    unlikeBuildah: 'Buildah 1.28 wants absolute targets',
    tree: ['out f644 "1\\n"', 'w d755'],
    config: { WorkingDir: '/w' },
  },
  {
    name: 'RUN: a bind mount is read-only',
    dockerfile: lines('FROM busybox', 'RUN --mount=target=/ctx touch /ctx/x'),
    fails: /exit code|exit status/,
  },
  {
    name: 'RUN: a writable bind mount writes nothing back',
    dockerfile: lines(
      'FROM busybox',
      'RUN --mount=target=/ctx,rw echo x > /ctx/a && cat /ctx/a > /out',
      'RUN --mount=target=/ctx cat /ctx/a >> /out',
    ),
    files: { a: '1\n' },
    unlikeBuildah: 'Buildah writes into the context',
    tree: ['out f644 "x\\n1\\n"'],
  },
  {
    name: 'RUN: a bind mount of a stage',
    dockerfile: lines(
      'FROM busybox AS made',
      'RUN mkdir /d && echo 1 > /d/f && chown 7:8 /d/f',
      'FROM busybox',
      'RUN --mount=from=made,source=/d,target=/m stat -c %u:%g /m/f > /out && cat /m/f >> /out',
    ),
    tree: ['out f644 "7:8\\n1\\n"'],
  },
  {
    name: 'RUN: a bind mount of an image',
    dockerfile: lines('FROM busybox', 'RUN --mount=type=bind,from=busybox,source=/etc,target=/m cat /m/group > /out'),
    tree: ['out f644 "root:x:0:\\nuser:x:1000:\\nextra:x:2000:user\\n"'],
  },
  {
    name: 'RUN: a mount over a directory that is there',
    dockerfile: lines('FROM busybox', 'RUN mkdir /m && echo kept > /m/k', 'RUN --mount=target=/m cat /m/a > /out'),
    files: { a: '1\n' },
    unlikeBuildah: 'Buildah 1.28 removes the directory',
    tree: ['m d755', 'm/k f644 "kept\\n"', 'out f644 "1\\n"'],
  },
  {
    name: 'RUN: two mounts, one in the other',
    dockerfile: lines('FROM busybox', 'RUN --mount=source=.,target=/t --mount=source=b,target=/t2/b cat /t/a /t2/b > /out'),
    files: { a: '1\n', b: '2\n' },
    unlikeBuildah: 'Buildah leaves the mount point',
    tree: ['out f644 "1\\n2\\n"'],
  },
  {
    name: 'RUN: a tmpfs',
    dockerfile: lines('FROM busybox', 'RUN --mount=type=tmpfs,target=/t echo 1 > /t/f && cat /t/f > /out', 'RUN test ! -e /t/f'),
    tree: ['out f644 "1\\n"'],
  },
  {
    name: 'RUN: a cache is kept and is not in the image',
    dockerfile: lines(
      'FROM busybox',
      'RUN --mount=type=cache,target=/c,id=conf-$TARGETOS-kept echo 1 > /c/f',
      'RUN --mount=type=cache,target=/d,id=conf--kept cat /d/f > /out',
    ),
    tree: ['out f644 "1\\n"'],
  },
  {
    name: 'RUN: the owner and mode of a cache',
    dockerfile: lines(
      'FROM busybox',
      'RUN --mount=type=cache,target=/c,id=conf-owned,uid=1001,gid=1002,mode=0751 stat -c "%u %g %a" /c > /out',
    ),
    tree: ['out f644 "1001 1002 751\\n"'],
  },
  {
    name: 'RUN: a variable in a mount',
    dockerfile: lines('FROM busybox', 'ENV where=/m', 'ARG what=a', 'RUN --mount=source=$what,target=${where}/f cat $where/f > /out'),
    files: { a: '1\n' },
    unlikeBuildah: 'Buildah leaves the mount point',
    tree: ['out f644 "1\\n"'],
    config: { Env: ['where=/m'] },
  },
  {
    name: 'RUN: an unknown flag',
    dockerfile: lines('FROM busybox', 'RUN --mont=target=/x true'),
    fails: /unknown flag: --mont \(did you mean mount\?\)/,
  },
  {
    name: 'RUN: an unknown type of mount',
    dockerfile: lines('FROM busybox', 'RUN --mount=type=tmp,target=/x true'),
    fails: /unsupported mount type "tmp" \(did you mean tmpfs\?\)/,
  },
  {
    name: 'RUN: an unknown key of a mount',
    dockerfile: lines('FROM busybox', 'RUN --mount=typ=tmpfs,target=/x true'),
    fails: /unexpected key 'typ' in 'typ=tmpfs' \(did you mean type\?\)/,
  },
  {
    name: 'RUN: a variable as the source of a mount',
    dockerfile: lines('FROM busybox', 'ENV s=busybox', 'RUN --mount=from=$s,target=/x true'),
    fails: /'from' doesn't support variable expansion/,
    unlikeBuildah: 'Buildah expands it',
  },
  {
    name: 'RUN: a cache begins with files of a stage',
    dockerfile: lines(
      'FROM busybox AS made',
      'RUN mkdir /d && echo 1 > /d/f',
      'FROM busybox',
      'RUN --mount=type=cache,from=made,source=/d,target=/c,id=conf-filled cat /c/f > /out && echo 2 > /c/f',
      'RUN --mount=type=cache,from=made,source=/d,target=/c,id=conf-filled cat /c/f >> /out',
    ),
    tree: ['out f644 "1\\n2\\n"'],
  },
  {
    name: 'RUN: a read-only cache',
    dockerfile: lines('FROM busybox', 'RUN --mount=type=cache,target=/c,id=conf-ro,ro touch /c/f || echo no > /out'),
    tree: ['out f644 "no\\n"'],
  },
  {
    name: 'RUN: a bind mount without a target',
    dockerfile: lines('FROM busybox', 'RUN --mount=type=bind,source=a true'),
    files: { a: '1' },
    fails: /target|destination/i,
  },
  {
    name: 'RUN: a mount over the root',
    dockerfile: lines('FROM busybox', 'RUN --mount=type=tmpfs,target=/ true'),
    fails: /invalid mount target "\/"/,
    unlikeBuildah: 'Buildah takes it',
  },
  {
    name: 'RUN: a bind mount that is missing',
    dockerfile: lines('FROM busybox', 'RUN --mount=source=nope,target=/m true'),
    fails: /nope/,
    unlikeBuildah: 'Buildah makes it',
  },
  {
    name: 'RUN: a bind mount of an ignored file',
    dockerfile: lines('FROM busybox', 'RUN --mount=target=/m ls -A /m > /out'),
    files: { a: '1', b: '2', '.dockerignore': 'b\n.dockerignore\nDockerfile\n' },
    unlikeBuildah: 'Buildah mounts the whole context',
    tree: ['out f644 "a\\n"'],
  },
  {
    name: 'RUN: owners in a bind mount',
    dockerfile: lines('FROM busybox', 'RUN --mount=target=/m stat -c "%u:%g %a" /m/a /m/d > /out'),
    files: { a: { text: '1', uid: 7, gid: 8, mode: 0o640 }, 'd/x': '' },
    unlikeBuildah: 'Buildah shows those of the host',
    tree: ['out f644 "0:0 640\\n0:0 755\\n"'],
  },
];
