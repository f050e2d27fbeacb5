// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of build files
import type { ConformanceCases } from '../conformance-case.ts';
import { lines } from './lines.ts';

/** WORKDIR. */
export const workingDirectory: ConformanceCases = [
  {
    name: 'WORKDIR',
    dockerfile: lines('FROM scratch', 'WORKDIR /a', 'WORKDIR b/', 'WORKDIR ../c/./d', 'ENV W=e', 'WORKDIR $W/f'),
    tree: ['a d755', 'a/b d755', 'a/c d755', 'a/c/d d755', 'a/c/d/e d755', 'a/c/d/e/f d755'],
    config: { Env: ['W=e'], WorkingDir: '/a/c/d/e/f' },
    history: ['WORKDIR /a', 'WORKDIR /a/b', 'WORKDIR /a/c/d', 'ENV W=e', 'WORKDIR /a/c/d/e/f'],
  },
  { name: 'WORKDIR: the root', dockerfile: lines('FROM scratch', 'WORKDIR /x', 'WORKDIR /'), tree: ['x d755'], layers: 1 },
  {
    name: 'WORKDIR: relative at first',
    dockerfile: lines('FROM scratch', 'WORKDIR a/b'),
    tree: ['a d755', 'a/b d755'],
    config: { WorkingDir: '/a/b' },
  },
  { name: 'WORKDIR: above the root', dockerfile: lines('FROM scratch', 'WORKDIR ../../x'), tree: ['x d755'], config: { WorkingDir: '/x' } },
  {
    name: 'WORKDIR: of the base',
    base: lines('FROM busybox', 'WORKDIR /w'),
    dockerfile: lines('FROM base', 'WORKDIR x', 'RUN pwd > /out'),
    tree: ['out f644 "/w/x\\n"', 'w d755', 'w/x d755'],
    config: { WorkingDir: '/w/x' },
  },
  {
    name: 'WORKDIR: belongs to the user',
    dockerfile: lines('FROM busybox', 'USER user', 'WORKDIR /a/b', 'USER 7:8', 'WORKDIR /c', 'USER user:extra', 'WORKDIR /d'),
    tree: ['a d755 1000:1000', 'a/b d755 1000:1000', 'c d755 7:8', 'd d755 1000:2000'],
    config: { WorkingDir: '/d', User: 'user:extra' },
  },
  {
    name: 'WORKDIR: is there already',
    dockerfile: lines('FROM busybox', 'RUN mkdir -m 711 /w && chown 5:6 /w', 'USER user', 'WORKDIR /w'),
    tree: ['w d711 5:6'],
    config: { WorkingDir: '/w', User: 'user' },
    layers: 2,
  },
  {
    name: 'WORKDIR: with blanks',
    dockerfile: lines('FROM scratch', 'WORKDIR /a b/c', 'WORKDIR "/d e"'),
    tree: ['a b d755', 'a b/c d755', 'd e d755'],
    config: { WorkingDir: '/d e' },
  },
  { name: 'WORKDIR: where a file is', dockerfile: lines('FROM busybox', 'WORKDIR /etc/passwd/x'), fails: /not a directory/ },
  {
    name: 'WORKDIR: a slash at the end, for a user',
    dockerfile: lines('FROM busybox', 'USER user', 'WORKDIR /tmp/', 'WORKDIR /tmp'),
    tree: [],
    config: { WorkingDir: '/tmp', User: 'user' },
  },
  {
    name: 'WORKDIR: in an empty variable',
    dockerfile: lines('FROM busybox', 'WORKDIR /w', 'WORKDIR $nothing/x', 'WORKDIR ${nothing:-y}'),
    tree: ['w d755', 'x d755', 'x/y d755'],
    config: { WorkingDir: '/x/y' },
  },
];
