import test from 'ava';
import { formatListing } from '../../command/listing.ts';
import { layOut } from '../../command/table.ts';
import { binarySize, humanAge, humanSize, parseSize, since } from '../../command/units.ts';

const sizes = test.macro({
  exec: (t, bytes: number, expected: string) => void t.is(humanSize(bytes), expected),
  title: (_, bytes) => `${bytes} bytes as docker shows them`,
});
test(sizes, 0, '0B');
test(sizes, 999, '999B');
test(sizes, 1000, '1kB');
test(sizes, 1_240_000, '1.24MB');
test(sizes, 123_456_789, '123MB');
test(sizes, 5_000_000_000, '5GB');

const memories = test.macro({
  exec: (t, bytes: number, expected: string) => void t.is(binarySize(bytes), expected),
  title: (_, bytes) => `${bytes} bytes of memory as docker shows them`,
});
test(memories, 0, '0B');
test(memories, 1023, '1023B');
test(memories, 1024, '1KiB');
test(memories, 5_902_437, '5.629MiB');
test(memories, 64 << 20, '64MiB');
test(memories, 25_275_000_000, '23.54GiB');

const ages = test.macro({
  exec: (t, seconds: number, expected: string) => void t.is(humanAge(seconds * 1000), expected),
  title: (_, seconds) => `${seconds} seconds as docker says them`,
});
test(ages, 0, 'Less than a second');
test(ages, 1, '1 second');
test(ages, 59, '59 seconds');
test(ages, 60, 'About a minute');
test(ages, 3599, '59 minutes');
test(ages, 3600, 'About an hour');
test(ages, 47 * 3600, '47 hours');
test(ages, 13 * 86400, '13 days');
test(ages, 14 * 86400, '2 weeks');
test(ages, 90 * 86400, '3 months');
test(ages, 800 * 86400, '2 years');
test('a time that is missing or in the future breaks nothing', (t) => {
  t.is(since(undefined, 0), 'N/A');
  t.is(since('2100-01-01T00:00:00Z', 0), 'Less than a second ago');
});

const parses = test.macro({
  exec: (t, text: string, expected: number | undefined) => void t.is(parseSize(text), expected),
  title: (_, text) => `the size ${JSON.stringify(text)}`,
});
test(parses, '512', 512);
test(parses, '64m', 64 << 20);
test(parses, '1.5K', 1536);
test(parses, '2GiB', 2 * 2 ** 30);
test(parses, '1gb', 2 ** 30);
test(parses, 'many', undefined);
test(parses, '-1', undefined);

test('columns are at least ten wide, three apart, and no line ends in blanks', (t) => {
  t.is(
    layOut([
      ['A', 'LONG HEADING', 'C'],
      ['a', 'x', ''],
      ['abcdefghijk', 'y', 'z'],
    ]),
    'A             LONG HEADING   C\na             x\nabcdefghijk   y              z\n',
  );
});

const listing = { headings: { Name: 'NAME', ID: 'IMAGE ID' }, columns: ['Name', 'ID'], rows: [{ Name: 'a', ID: '1' }] } as const;
const lists = test.macro((t, values: Record<string, string | boolean>, expected: string) => {
  t.is(formatListing(listing, values), expected);
});
test('without a format it is a table', lists, {}, 'NAME      IMAGE ID\na         1\n');
test('--json is an object a line', lists, { json: true }, '{"ID":"1","Name":"a"}\n');
test('--format json is the same', lists, { format: 'json' }, '{"ID":"1","Name":"a"}\n');
test('a template is a line for each row', lists, { format: '{{.ID}}\\t{{.Name}}' }, '1\ta\n');
test('a table template has the headings of its columns', lists, { format: 'table {{.ID}}\\t{{.Name}}' }, 'IMAGE ID   NAME\n1          a\n');
