import { decodeName, encodeName, joinPath, pathOf } from '@varve/core/archive';
import test from 'ava';

const survives = test.macro({
  exec(t, bytes: readonly number[]) {
    t.deepEqual([...encodeName(decodeName(Uint8Array.from(bytes)))], [...bytes]);
  },
  title: (_, bytes: readonly number[]) => `the name with bytes ${Buffer.from(bytes).toString('hex')} survives the way through a string`,
});
test(survives, [0x61]);
test(survives, [0xff]);
test(survives, [0x80, 0x41, 0xfe]);
test(survives, [0xc3, 0xa9]); // é
test(survives, [0xc3]); // cut off
test(survives, [0xf0, 0x9f, 0x98, 0x80]); // outside the basic plane
test(survives, [0xf0, 0x9f, 0x98]);
test(survives, [0xed, 0xb2, 0x80]); // a surrogate in UTF-8, which UTF-8 does not allow
test(survives, [0xef, 0xbb, 0xbf, 0x61]); // a byte order mark
test(survives, [0xc0, 0x80]); // overlong
test(
  survives,
  Array.from({ length: 255 }, (_, i) => i + 1),
);

test('an ordinary name is an ordinary string', (t) => {
  t.is(decodeName(Buffer.from('naïve ☺.txt')), 'naïve ☺.txt');
});

test('a byte that is not UTF-8 becomes a lone surrogate', (t) => {
  t.is(decodeName(Uint8Array.of(0x61, 0xe9)), 'a\udce9');
});

test('the path of an ordinary name is the string itself', (t) => {
  t.is(pathOf('a/b'), 'a/b');
});

test('the path of a name that is not UTF-8 is its bytes', (t) => {
  t.deepEqual(joinPath('/r', 'a\udce9'), Buffer.from([0x2f, 0x72, 0x2f, 0x61, 0xe9]));
});
