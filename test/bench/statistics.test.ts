import test from 'ava';
import { median, pairwiseRatio, rotate, spread } from './statistics.ts';

test('the median of an odd count is the middle, of an even count the mean of the two in the middle', (t) => {
  t.is(median([5, 1, 3]), 3);
  t.is(median([4, 1, 3, 2]), 2.5);
  t.is(median([]), Number.NaN);
});

test('ratios are made run by run, so that a slow minute counts for both', (t) => {
  t.is(pairwiseRatio([1, 10, 2], [2, 20, 4]), 0.5);
  t.is(pairwiseRatio([1, 10, 100], [2, 5, 100]), 1); // the ratio of the medians would be 2
});

test('a run that failed on one side does not count', (t) => {
  t.is(pairwiseRatio([1, undefined, 3], [2, 1, undefined]), 0.5);
  t.is(pairwiseRatio([undefined], [1]), Number.NaN);
});

test('the spread is the range in medians', (t) => {
  t.is(spread([1, 2, 4]), 1.5);
  t.is(spread([3]), 0);
});

test('everyone comes first in turn', (t) => {
  t.deepEqual(
    [0, 1, 2, 3].map((run) => rotate(['a', 'b', 'c'], run).join('')),
    ['abc', 'bca', 'cab', 'abc'],
  );
});
