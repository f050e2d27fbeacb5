// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of build files
import type { ConformanceCases } from '../conformance-case.ts';
import { bzip2, gzip, type Member, makeTar, xz, zstd } from '../make-tar.ts';
import { lines } from './lines.ts';

const MEMBERS: readonly Member[] = [
  { path: 'd/', type: 'directory', mode: 0o750, uid: 3, gid: 4 },
  { path: 'd/a', text: '1', mode: 0o600, uid: 1, gid: 2 },
  { path: 'l', type: 'symlink', target: 'd/a' },
];
const SIMPLE = makeTar(MEMBERS);

/** ADD of files and archives. */
export const addArchives: ConformanceCases = [
  {
    name: 'ADD a file and a directory',
    dockerfile: lines('FROM scratch', 'ADD a /x/', 'ADD d /y', 'ADD a b* /z/'),
    files: { a: '1', b1: '2', 'd/c': '3' },
    tree: ['x d755', 'x/a f644 "1"', 'y d755', 'y/c f644 "3"', 'z d755', 'z/a f644 "1"', 'z/b1 f644 "2"'],
  },
  {
    name: 'ADD a tar',
    dockerfile: lines('FROM scratch', 'ADD t.tar /'),
    files: { 't.tar': { text: SIMPLE } },
    tree: ['d d750 3:4', 'd/a f600 1:2 "1"', 'l l -> d/a'],
  },
  {
    name: 'ADD a tar with gzip',
    dockerfile: lines('FROM scratch', 'ADD t.tgz /x'),
    files: { 't.tgz': { text: gzip(SIMPLE) } },
    tree: ['x d755', 'x/d d750 3:4', 'x/d/a f600 1:2 "1"', 'x/l l -> d/a'],
  },
  {
    name: 'ADD a tar with bzip2',
    dockerfile: lines('FROM scratch', 'ADD t.tar.bz2 /x/'),
    files: { 't.tar.bz2': { text: bzip2(SIMPLE) } },
    tree: ['x d755', 'x/d d750 3:4', 'x/d/a f600 1:2 "1"', 'x/l l -> d/a'],
  },
  {
    name: 'ADD a tar with xz',
    dockerfile: lines('FROM scratch', 'ADD t.tar.xz /x/'),
    files: { 't.tar.xz': { text: xz(SIMPLE) } },
    tree: ['x d755', 'x/d d750 3:4', 'x/d/a f600 1:2 "1"', 'x/l l -> d/a'],
  },
  {
    name: 'ADD a tar with zstd',
    dockerfile: lines('FROM scratch', 'ADD t.tar.zst /x/'),
    files: { 't.tar.zst': { text: zstd(SIMPLE) } },
    tree: ['x d755', 'x/d d750 3:4', 'x/d/a f600 1:2 "1"', 'x/l l -> d/a'],
  },
  {
    name: 'ADD an archive with another name',
    dockerfile: lines('FROM scratch', 'ADD data /x/'),
    files: { data: { text: gzip(SIMPLE) } },
    tree: ['x d755', 'x/d d750 3:4', 'x/d/a f600 1:2 "1"', 'x/l l -> d/a'],
  },
  {
    name: 'ADD what is only called an archive',
    dockerfile: lines('FROM scratch', 'ADD t.tar.gz e.tar /x/'),
    files: { 't.tar.gz': 'text', 'e.tar': '' },
    tree: ['x d755', 'x/e.tar f644 ""', 'x/t.tar.gz f644 "text"'],
  },
  {
    name: 'ADD a compressed file that is no archive',
    dockerfile: lines('FROM scratch', 'ADD f.gz /x/'),
    files: { 'f.gz': { text: gzip(Buffer.from('no tar')) } },
    tree: [
      'x d755',
      'x/f.gz f644 "\\u001f�\\b\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0003��W(I,\\u0002\\u0000Q\\ny�\\u0006\\u0000\\u0000\\u0000"',
    ],
  },
  {
    name: 'COPY leaves archives',
    dockerfile: lines('FROM scratch', 'COPY t.tar /x/'),
    files: { 't.tar': { text: SIMPLE } },
    tree: ['x d755', 'x/t.tar f644 94541006cd05'],
  },
  {
    name: 'ADD --chown of an archive',
    dockerfile: lines('FROM scratch', 'ADD --chown=7:8 t.tar /x/'),
    files: { 't.tar': { text: SIMPLE } },
    unlikeBuildah: 'Buildah keeps the owners of the archive',
    tree: ['x d755 7:8', 'x/d d750 7:8', 'x/d/a f600 7:8 "1"', 'x/l l 7:8 -> d/a'],
  },
  {
    name: 'ADD --chmod of an archive',
    dockerfile: lines('FROM scratch', 'ADD --chmod=711 t.tar /x/'),
    files: { 't.tar': { text: SIMPLE } },
    tree: ['x d755', 'x/d d750 3:4', 'x/d/a f600 1:2 "1"', 'x/l l -> d/a'],
  },
  {
    name: 'ADD an archive into a destination without a slash',
    dockerfile: lines('FROM scratch', 'ADD t.tar /x/y'),
    files: { 't.tar': { text: SIMPLE } },
    tree: ['x d755', 'x/y d755', 'x/y/d d750 3:4', 'x/y/d/a f600 1:2 "1"', 'x/y/l l -> d/a'],
  },
  {
    name: 'ADD an archive into the working directory',
    dockerfile: lines('FROM scratch', 'WORKDIR /w', 'ADD t.tar .'),
    files: { 't.tar': { text: SIMPLE } },
    tree: ['w d755', 'w/d d750 3:4', 'w/d/a f600 1:2 "1"', 'w/l l -> d/a'],
    config: { WorkingDir: '/w' },
  },
  {
    name: 'ADD an archive over directories that are there',
    dockerfile: lines('FROM busybox', 'ADD t.tar /'),
    files: {
      't.tar': {
        text: makeTar([
          { path: 'etc/', type: 'directory', mode: 0o700, uid: 9, gid: 9 },
          { path: 'etc/new', text: '1' },
        ]),
      },
    },
    tree: ['etc d700 9:9', 'etc/new f644 "1"'],
  },
  {
    name: 'ADD an archive with a file over a directory',
    dockerfile: lines('FROM busybox', 'ADD t.tar /'),
    files: { 't.tar': { text: makeTar([{ path: 'root', text: 'file' }]) } },
    tree: ['root f644 "file"'],
  },
  {
    name: 'ADD an archive with a file over a directory with files',
    dockerfile: lines('FROM busybox', 'ADD t.tar /'),
    files: { 't.tar': { text: makeTar([{ path: 'etc', text: 'file' }]) } },
    tree: ['etc f644 "file"', '- etc/group', '- etc/passwd'],
  },
  {
    name: 'ADD an archive with a directory over a file',
    dockerfile: lines('FROM busybox', 'ADD t.tar /etc'),
    files: {
      't.tar': {
        text: makeTar([
          { path: 'passwd/', type: 'directory' },
          { path: 'passwd/x', text: '1' },
        ]),
      },
    },
    tree: ['etc/passwd d755', 'etc/passwd/x f644 "1"'],
  },
  {
    name: 'ADD an archive through a symlink of the image',
    dockerfile: lines('FROM busybox', 'RUN mkdir /real && ln -s /real /l', 'ADD t.tar /', 'ADD t.tar /l/'),
    files: { 't.tar': { text: makeTar([{ path: 'l/f', text: '1' }]) } },
    tree: ['l l -> /real', 'real d755', 'real/f f644 "1"', 'real/l d755', 'real/l/f f644 "1"'],
  },
  {
    name: 'ADD an archive with a directory over a symlink',
    dockerfile: lines('FROM busybox', 'RUN mkdir /real && ln -s /real /l', 'ADD t.tar /'),
    files: {
      't.tar': {
        text: makeTar([
          { path: 'l/', type: 'directory', mode: 0o700 },
          { path: 'l/f', text: '1' },
        ]),
      },
    },
    tree: ['l d700', 'l/f f644 "1"', 'real d755'],
  },
  {
    name: 'ADD an archive with its own symlink on the way',
    dockerfile: lines('FROM scratch', 'ADD t.tar /x/'),
    files: {
      't.tar': {
        text: makeTar([
          { path: 'd/', type: 'directory' },
          { path: 'l', type: 'symlink', target: 'd' },
          { path: 'l/f', text: '1' },
        ]),
      },
    },
    tree: ['x d755', 'x/d d755', 'x/d/f f644 "1"', 'x/l l -> d'],
  },
  {
    name: 'ADD an archive without directories',
    dockerfile: lines('FROM scratch', 'ADD t.tar /x/'),
    files: { 't.tar': { text: makeTar([{ path: 'a/b/c', text: '1', uid: 5, gid: 6 }]) } },
    tree: ['x d755', 'x/a d755', 'x/a/b d755', 'x/a/b/c f644 5:6 "1"'],
  },
  {
    name: 'ADD an archive with dots and slashes',
    dockerfile: lines('FROM scratch', 'ADD t.tar /x/'),
    files: {
      't.tar': {
        text: makeTar([
          { path: './', type: 'directory', mode: 0o700, uid: 4, gid: 4 },
          { path: './a', text: '1' },
          { path: '/abs', text: '2' },
          { path: './d//b', text: '3' },
        ]),
      },
    },
    unlikeBuildah: 'Buildah changes the destination',
    tree: ['x d755', 'x/a f644 "1"', 'x/abs f644 "2"', 'x/d d755', 'x/d/b f644 "3"'],
  },
  {
    name: 'ADD an archive with hard links',
    dockerfile: lines('FROM scratch', 'ADD t.tar /x/'),
    files: {
      't.tar': {
        text: makeTar([
          { path: 'a', text: '1', mode: 0o640 },
          { path: 'b', type: 'hardlink', target: 'a', mode: 0o640 },
          { path: 'd/c', type: 'hardlink', target: './a', mode: 0o640 },
        ]),
      },
    },
    tree: ['x d755', 'x/a f640 "1"', 'x/b f640 "1" = x/a', 'x/d d755', 'x/d/c f640 "1" = x/a'],
  },
  {
    name: 'ADD an archive with a name twice',
    dockerfile: lines('FROM scratch', 'ADD t.tar /x/'),
    files: {
      't.tar': {
        text: makeTar([
          { path: 'a', text: '1' },
          { path: 'a', text: '2', mode: 0o600 },
        ]),
      },
    },
    tree: ['x d755', 'x/a f600 "2"'],
  },
  {
    name: 'ADD an archive with special bits and a FIFO',
    dockerfile: lines('FROM scratch', 'ADD t.tar /x/'),
    files: {
      't.tar': {
        text: makeTar([
          { path: 'u', text: '1', mode: 0o4755 },
          { path: 'g/', type: 'directory', mode: 0o2755 },
          { path: 't', text: '', mode: 0o1644 },
          { path: 'p', type: 'fifo', mode: 0o600 },
        ]),
      },
    },
    tree: ['x d755', 'x/g d2755', 'x/p p600', 'x/t f1644 ""', 'x/u f4755 "1"'],
  },
  {
    name: 'ADD an archive with attributes',
    dockerfile: lines('FROM scratch', 'ADD t.tar /x/'),
    files: { 't.tar': { text: makeTar([{ path: 'a', text: '1', pax: { 'SCHILY.xattr.user.note': 'v' } }]) } },
    tree: ['x d755', 'x/a f644 "1" user.note=v'],
  },
  {
    name: 'ADD an archive with long names',
    dockerfile: lines('FROM scratch', 'ADD t.tar /x/'),
    files: { 't.tar': { text: makeTar([{ path: 'short', text: '1', pax: { path: `${'l'.repeat(90)}/${'m'.repeat(90)}` } }]) } },
    tree: [
      'x d755',
      'x/llllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllll d755',
      'x/llllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllll/mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm f644 "1"',
    ],
  },
  {
    name: 'ADD an archive with a global header',
    dockerfile: lines('FROM scratch', 'ADD t.tar /x/'),
    files: { 't.tar': { text: makeTar([{ path: 'pax_global_header', type: 'global', text: '19 comment=0123456\n' }, ...MEMBERS]) } },
    tree: ['x d755', 'x/d d750 3:4', 'x/d/a f600 1:2 "1"', 'x/l l -> d/a'],
  },
  {
    name: 'ADD an empty archive',
    dockerfile: lines('FROM busybox', 'ADD t.tar /x/'),
    files: { 't.tar': { text: makeTar([]) } },
    tree: ['x d755', 'x/t.tar f644 5f70bf18a086'],
  },
  {
    name: 'ADD archives by a wildcard',
    dockerfile: lines('FROM scratch', 'ADD *.tar /x/'),
    files: {
      'a.tar': { text: makeTar([{ path: 'a', text: '1' }]) },
      'b.tar': { text: makeTar([{ path: 'b', text: '2' }]) },
      'c.tar': 'text',
    },
    tree: ['x d755', 'x/a f644 "1"', 'x/b f644 "2"', 'x/c.tar f644 "text"'],
  },
  {
    name: 'ADD archives and directories by a wildcard, to a destination without a slash',
    dockerfile: lines('FROM scratch', 'ADD a* /x'),
    files: { 'a.tar': { text: makeTar([{ path: 'a', text: '1' }]) }, 'a.tgz': { text: makeTar([{ path: 'b', text: '2' }]) }, 'as/c': '3' },
    unlikeBuildah: 'Buildah wants a slash',
    tree: ['x d755', 'x/a f644 "1"', 'x/b f644 "2"', 'x/c f644 "3"'],
  },
  {
    name: 'ADD an archive through a symlink of the context',
    dockerfile: lines('FROM scratch', 'ADD l /x/'),
    files: { 'a.tar': { text: SIMPLE }, l: { target: 'a.tar' } },
    tree: ['x d755', 'x/d d750 3:4', 'x/d/a f600 1:2 "1"', 'x/l l -> d/a'],
  },
  {
    name: 'ADD leaves archives in a directory',
    dockerfile: lines('FROM scratch', 'ADD d /x/'),
    files: { 'd/a.tar': { text: SIMPLE } },
    tree: ['x d755', 'x/a.tar f644 94541006cd05'],
  },
  {
    name: 'ADD --unpack=false',
    dockerfile: lines('FROM scratch', 'ADD --unpack=false t.tar /x/'),
    files: { 't.tar': { text: SIMPLE } },
    unlikeBuildah: 'Buildah 1.28 has no --unpack',
    tree: ['x d755', 'x/t.tar f644 94541006cd05'],
  },
  {
    name: 'ADD a truncated archive',
    dockerfile: lines('FROM scratch', 'ADD t.tar /x/'),
    files: { 't.tar': { text: makeTar([{ path: 'a', text: 'x'.repeat(5000) }]).subarray(0, 2000) } },
    fails: /ends after 2000 bytes/,
  },
  {
    name: 'ADD an archive that leaves the root',
    dockerfile: lines('FROM busybox', 'ADD t.tar /x/'),
    files: { 't.tar': { text: makeTar([{ path: '../../out', text: '1' }]) } },
    fails: /out/,
    unlikeBuildah: 'Buildah puts it below the destination',
  },
  {
    name: 'a symlink from an archive as destination',
    dockerfile: lines('FROM scratch', 'ADD t.tar /', 'COPY f /l/'),
    files: { 't.tar': { text: makeTar([{ path: 'l', type: 'symlink', target: '../tmp/there' }]) }, f: '1' },
    tree: ['l l -> ../tmp/there', 'tmp d755', 'tmp/there d755', 'tmp/there/f f644 "1"'],
  },
  {
    name: 'times of an archive are kept',
    dockerfile: lines('FROM scratch', 'ADD t.tar /x/'),
    files: { 't.tar': { text: SIMPLE } },
    showTimes: true,
    tree: ['x d755', 'x/d d750 3:4 @', 'x/d/a f600 1:2 "1" @', 'x/l l -> d/a @'],
  },
  {
    name: 'ADD an archive through an absolute symlink',
    dockerfile: lines('FROM busybox', 'RUN mkdir -p /real/d && ln -s /real /l', 'ADD t.tar /l/d'),
    files: { 't.tar': { text: makeTar([{ path: 'f', text: '1' }]) } },
    tree: ['l l -> /real', 'real d755', 'real/d d755', 'real/d/f f644 "1"'],
  },
  {
    name: 'ADD an archive whose directories come late',
    dockerfile: lines('FROM scratch', 'ADD t.tar /x/'),
    files: {
      't.tar': {
        text: makeTar([
          { path: 'a/b/c', text: '1' },
          { path: 'a/', type: 'directory', mode: 0o711, uid: 5, gid: 5 },
        ]),
      },
    },
    tree: ['x d755', 'x/a d711 5:5', 'x/a/b d755', 'x/a/b/c f644 "1"'],
  },
  {
    name: 'ADD an archive over a symlink with a file',
    dockerfile: lines('FROM busybox', 'RUN echo old > /f && ln -s f /l', 'ADD t.tar /'),
    files: { 't.tar': { text: makeTar([{ path: 'l', text: '1' }]) } },
    tree: ['f f644 "old\\n"', 'l f644 "1"'],
  },
];
