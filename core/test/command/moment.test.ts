import test from 'ava';
import { momentOf } from '../../command/index.ts';

const NOW = Date.parse('2026-01-02T03:04:05Z');
const times = test.macro({
  exec(t, text: string, expected: string) {
    t.is(new Date(momentOf('--since', text, NOW)).toISOString(), expected);
  },
  title: (_, text) => `the time ${text}`,
});
test(times, '1767225600', '2026-01-01T00:00:00.000Z');
test(times, '90s', '2026-01-02T03:02:35.000Z');
test(times, '1h30m', '2026-01-02T01:34:05.000Z');
test(times, '2d12h', '2025-12-30T15:04:05.000Z');
test(times, '0s', '2026-01-02T03:04:05.000Z');
test(times, '2026-01-01', '2026-01-01T00:00:00.000Z');
test(times, '2026-01-01T01:02:03.5+01:00', '2026-01-01T00:02:03.500Z');
test('what is no time is refused', (t) => {
  for (const text of ['', 'yesterday', '5x', 'd', '-5m']) t.throws(() => momentOf('--since', text, NOW), { code: 'USAGE' }, text);
});
