// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a shell, not of this file
import test from 'ava';
import { expandWord, expandWords } from '../../src/expand/expand-word.ts';

const PIECES = ['$', '{', '}', 'a', 'b', '_', '1', '"', "'", '\\', '`', '<', ' ', ':', '-', 'é', '${a}', '$b', '"a b"'];
const ENV = new Map([
  ['a', 'A'],
  ['ab', '$b'],
  ['_', 'x y'],
]);

/** The same numbers every time. */
function* numbers(): Generator<number, never> {
  for (let state = 1; ; state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff) yield state >> 8;
}

const outcome = (work: () => object): unknown => {
  try {
    return work();
  } catch (failure) {
    return String(failure);
  }
};

test('the short way to expand a word gives what the long way gives', (t) => {
  const random = numbers();
  const next = (below: number): number => random.next().value % below;
  for (let round = 0; round < 50_000; round++) {
    const word = Array.from({ length: next(7) }, () => PIECES[next(PIECES.length)]).join('');
    const options = { keepUnset: next(4) === 0, keepQuotes: next(4) === 0, ignoreQuotes: next(4) === 0 };
    const short = outcome(() => expandWord(word, ENV, options));
    // splitting into words always goes the long way
    const long = outcome(() => {
      const { value, matched, unmatched } = expandWords(word, ENV, options);
      return { value, matched, unmatched };
    });
    if (JSON.stringify(short) !== JSON.stringify(long)) return t.deepEqual(short, long, `${word} ${JSON.stringify(options)}`);
  }
  t.pass();
});
