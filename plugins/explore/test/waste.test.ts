import type { Entry } from '@varve/core/archive';
import test from 'ava';
import { wasteIn } from '../src/waste.ts';

const ATTRIBUTES = { mode: 0o644, uid: 0, gid: 0, mtime: { seconds: 0, nanoseconds: 0 } };
/** `path size`; `path/` a directory; `-path` a whiteout; `path/*` an opaque marker; `path@` a symlink. */
const index = (...lines: readonly string[]): readonly Entry[] =>
  lines.map((line): Entry => {
    const [word = '', size] = line.split(' ');
    if (word.startsWith('-')) return { type: 'whiteout', path: word.slice(1) };
    if (word.endsWith('/*')) return { type: 'opaque', path: word.slice(0, -2) };
    if (word.endsWith('/')) return { type: 'directory', path: word.slice(0, -1), ...ATTRIBUTES };
    if (word.endsWith('@')) return { type: 'symlink', path: word.slice(0, -1), target: 'x', ...ATTRIBUTES };
    return { type: 'file', path: word, size: Number(size), ...ATTRIBUTES };
  });

const cases: Readonly<Record<string, { readonly layers: readonly (readonly string[])[]; readonly waste: readonly string[] }>> = {
  'nothing is wasted in one layer': { layers: [['a 5', 'b 6']], waste: [] },
  'files side by side are no waste': { layers: [['a 5'], ['b 6']], waste: [] },
  'a file that is written again': { layers: [['a 5'], ['a 7']], waste: ['/a 5 1 2 overwritten'] },
  'a file that is written twice more': { layers: [['a 5'], ['a 7'], ['a 9']], waste: ['/a 7 2 3 overwritten', '/a 5 1 2 overwritten'] },
  'a file that is deleted': { layers: [['a 5'], ['-a']], waste: ['/a 5 1 2 deleted'] },
  'a directory that is deleted': { layers: [['d/', 'd/a 5', 'd/b 3'], ['-d']], waste: ['/d/a 5 1 2 deleted', '/d/b 3 1 2 deleted'] },
  'what an opaque directory hides, but not what is new in it': {
    layers: [
      ['d/', 'd/a 5', 'other 9'],
      ['d/', 'd/*', 'd/b 3'],
    ],
    waste: ['/d/a 5 1 2 deleted'],
  },
  'a directory that becomes a symlink': { layers: [['d/', 'd/a 5'], ['d@']], waste: ['/d/a 5 1 2 deleted'] },
  'a directory that is only changed': { layers: [['d/', 'd/a 5'], ['d/']], waste: [] },
  'a whiteout of nothing': { layers: [['a 5'], ['-b']], waste: [] },
  'an empty file': { layers: [['a 0'], ['-a']], waste: [] },
  'a file that comes back': { layers: [['a 5'], ['-a'], ['a 5']], waste: ['/a 5 1 2 deleted'] },
};
for (const [title, { layers, waste }] of Object.entries(cases))
  test(title, (t) => {
    const found = wasteIn(layers.map((lines) => index(...lines)));
    t.deepEqual(
      found.map(({ path, size, layer, by, how }) => `${path} ${size} ${layer} ${by} ${how}`),
      [...waste],
    );
  });
