import test from 'ava';
import { readCaches, readInlineCache } from '../src/build/read-caches.ts';

const reads = test.macro({
  exec(t, spec: string, ...expected: readonly [type: string, attributes: Readonly<Record<string, string>>][]) {
    t.deepEqual(
      readCaches('cache-from', [spec]),
      expected.map(([type, attributes]) => ({ type, attributes })),
    );
  },
  title: (_, spec) => `--cache-from ${JSON.stringify(spec)} is read`,
});
test(reads, 'acme/app', ['registry', { ref: 'acme/app' }]);
test(reads, 'acme/app,acme/other:1', ['registry', { ref: 'acme/app' }], ['registry', { ref: 'acme/other:1' }]);
test(reads, 'type=registry,ref=acme/app', ['registry', { ref: 'acme/app' }]);
test(reads, 'type=local,"src=a,b",tag=t', ['local', { src: 'a,b', tag: 't' }]);
test(reads, 'type=inline', ['inline', {}]);
test(reads, '');

test('attributes without a type are misuse', (t) => {
  t.throws(() => readCaches('cache-to', ['dest=a']), { code: 'USAGE', message: /--cache-to expects type=<type>, found "dest=a"/ });
});

test('docker’s build argument asks for a cache in the image', (t) => {
  const isAsked = (value: string) => readInlineCache({ BUILDKIT_INLINE_CACHE: value }).length === 1;
  t.deepEqual(['1', 'true', '0', 'false', ''].map(isAsked), [true, true, false, false, false]);
  t.deepEqual(readInlineCache({}), []);
});
