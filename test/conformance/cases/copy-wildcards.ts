import type { ConformanceCases } from '../conformance-case.ts';
import { lines } from './lines.ts';

/** Sources with wildcards. */
export const copyWildcards: ConformanceCases = [
  {
    name: 'a star',
    dockerfile: lines('FROM scratch', 'COPY *.txt /x/'),
    files: { 'a.txt': '1', 'b.txt': '2', 'c.md': '3', 'd/e.txt': '4' },
    tree: ['x d755', 'x/a.txt f644 "1"', 'x/b.txt f644 "2"'],
  },
  {
    name: 'a star that matches one file, to a name',
    dockerfile: lines('FROM scratch', 'COPY a* /x'),
    files: { 'a.txt': '1' },
    tree: ['x f644 "1"'],
  },
  {
    name: 'a star that matches directories gives their contents',
    dockerfile: lines('FROM scratch', 'COPY d* /x/'),
    files: { 'd1/a': '1', 'd2/b': '2', d3: '3' },
    tree: ['x d755', 'x/a f644 "1"', 'x/b f644 "2"', 'x/d3 f644 "3"'],
  },
  {
    name: 'a star in the middle of a path',
    dockerfile: lines('FROM scratch', 'COPY d/*/f /x/', 'COPY d/*/g /y'),
    files: { 'd/1/f': '1', 'd/2/f': '2', 'd/2/g': '3' },
    tree: ['x d755', 'x/f f644 "2"', 'y f644 "3"'],
  },
  {
    name: 'a star does not cross a slash',
    dockerfile: lines('FROM scratch', 'COPY d/*f /x/'),
    files: { 'd/xf': '1', 'd/s/f': '2' },
    tree: ['x d755', 'x/xf f644 "1"'],
  },
  {
    name: 'a star matches names that begin with a dot',
    dockerfile: lines('FROM scratch', 'COPY d/* /x/'),
    files: { 'd/.a': '1', 'd/b': '2' },
    tree: ['x d755', 'x/.a f644 "1"', 'x/b f644 "2"'],
  },
  {
    name: 'a question mark',
    dockerfile: lines('FROM scratch', 'COPY f?.txt /x/'),
    files: { 'f1.txt': '1', 'fö.txt': '2', 'f12.txt': '3', 'f.txt': '4' },
    tree: ['x d755', 'x/f1.txt f644 "1"', 'x/fö.txt f644 "2"'],
  },
  {
    name: 'classes',
    dockerfile: lines('FROM scratch', 'COPY f[12] g[a-c] h[^x] /x/'),
    files: { f1: '1', f3: '3', gb: 'b', gd: 'd', hx: 'x', hy: 'y' },
    tree: ['x d755', 'x/f1 f644 "1"', 'x/gb f644 "b"', 'x/hy f644 "y"'],
  },
  {
    name: 'escaped wildcards',
    dockerfile: lines('FROM scratch', 'COPY a\\*b c[*]d e[[]f] /x/'),
    files: { 'a*b': '1', axb: '2', 'c*d': '3', cxd: '4', 'e[f]': '5' },
    unlikeBuildah: 'Buildah 1.28 loses brackets',
    tree: ['x d755', 'x/a*b f644 "1"', 'x/axb f644 "2"', 'x/c*d f644 "3"', 'x/e[f] f644 "5"'],
  },
  {
    name: 'a name in brackets',
    dockerfile: lines('FROM scratch', 'COPY "[[]a]/[[]b]/f" /x/', 'COPY \\[a\\]/\\[b\\]/f /y/'),
    files: { '[a]/[b]/f': '1', 'a/b/f': '2' },
    unlikeBuildah: 'Buildah 1.28 loses brackets',
    tree: ['x d755', 'x/f f644 "1"', 'y d755', 'y/f f644 "2"'],
  },
  {
    name: 'a wildcard of several files to one name: the last is left',
    dockerfile: lines('FROM scratch', 'COPY d/?.txt /x/y', 'COPY n\\?pe/f /z'),
    files: { 'd/a.txt': '1', 'd/b.txt': '2', 'n?pe/f': '3', 'nope/f': '4' },
    unlikeBuildah: 'Buildah 1.28 may take another for the last',
    tree: ['x d755', 'x/y f644 "2"', 'z f644 "4"'],
  },
  {
    name: 'no match is nothing',
    dockerfile: lines('FROM busybox', 'COPY nope* /x/'),
    tree: [],
    unlikeBuildah: 'Buildah fails as docker did before BuildKit',
  },
  {
    name: 'no match beside a file',
    dockerfile: lines('FROM scratch', 'COPY a nope* /x/'),
    files: { a: '1' },
    tree: ['x d755', 'x/a f644 "1"'],
  },
  {
    name: 'a match and a missing literal',
    dockerfile: lines('FROM scratch', 'COPY nope a* /x/'),
    files: { a: '1' },
    fails: /"\/nope": not found/,
  },
  {
    name: 'a wildcard and a name from a variable',
    dockerfile: lines('FROM scratch', 'ARG ext=t?t', 'COPY *.$ext /x/'),
    files: { 'a.txt': '1', 'b.tst': '2', 'c.md': '3' },
    tree: ['x d755', 'x/a.txt f644 "1"', 'x/b.tst f644 "2"'],
  },
  {
    name: 'a star for everything',
    dockerfile: lines('FROM scratch', 'COPY * /x/'),
    files: { a: '1', 'd/b': '2', 'd/e/c': '3' },
    tree: ['x d755', 'x/Dockerfile f644 "FROM scratch\\nCOPY * /x/\\n"', 'x/a f644 "1"', 'x/b f644 "2"', 'x/e d755', 'x/e/c f644 "3"'],
  },
  {
    name: 'files of one name from several directories',
    dockerfile: lines('FROM scratch', 'COPY d*/f /x/'),
    files: { 'd1/f': '1', 'd2/f': '2' },
    tree: ['x d755', 'x/f f644 "2"'],
  },
  {
    name: 'a broken class',
    dockerfile: lines('FROM scratch', 'COPY a[ /x/'),
    files: { 'a[': '1' },
    fails: /syntax error in pattern|not found/,
  },
  {
    name: 'COPY two stars',
    dockerfile: lines('FROM scratch', 'COPY **/*.txt /x/'),
    files: { 'a.txt': '1', 'd/b.txt': '2', 'd/e/c.txt': '3', 'd/e/n.md': '4' },
    unlikeBuildah: 'Buildah 1.28 takes two stars for one',
    tree: ['x d755', 'x/a.txt f644 "1"', 'x/b.txt f644 "2"', 'x/c.txt f644 "3"'],
  },
  {
    name: 'COPY two stars in the middle',
    dockerfile: lines('FROM scratch', 'COPY d/**/s*/*.txt /x/'),
    files: { 'd/s1/a.txt': '1', 'd/e/s2/b.txt': '2', 'd/e/f/s/c.txt': '3', 's/d.txt': '4' },
    unlikeBuildah: 'Buildah 1.28 takes two stars for one',
    tree: ['x d755', 'x/a.txt f644 "1"', 'x/b.txt f644 "2"', 'x/c.txt f644 "3"'],
  },
];
