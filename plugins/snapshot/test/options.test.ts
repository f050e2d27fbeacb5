import test from 'ava';
import { readOptions } from '../src/options.ts';

test('options say where they are wrong', (t) => {
  t.deepEqual(readOptions(undefined), { granularity: 'step' });
  t.deepEqual(readOptions({ granularity: 'stage' }), { granularity: 'stage' });
  t.throws(() => readOptions({ granularity: 'image' }), { code: 'OPTIONS_INVALID', message: /"step" or "stage".*"image"/ });
  t.throws(() => readOptions({ granularty: 'step' }), { code: 'OPTIONS_INVALID', message: /granularty/ });
  t.throws(() => readOptions('stage'), { code: 'OPTIONS_INVALID' });
});
