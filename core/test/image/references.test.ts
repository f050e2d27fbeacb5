import test from 'ava';
import { familiarName, formatReference, parseReference, withDefaultTag } from '../../image/index.ts';

const SHA256 = `sha256:${'a'.repeat(64)}`;
const SHA512 = `sha512:${'b'.repeat(128)}`;

const reads = test.macro({
  exec(t, text: string, whole: string, familiar: string) {
    const reference = withDefaultTag(parseReference(text));
    t.is(formatReference(reference), whole);
    t.is(familiarName(formatReference(reference)), familiar);
    t.deepEqual(parseReference(whole), reference, 'the whole name means the same');
  },
  title: (_, text: string, whole: string) => `${text} is ${whole}`,
});
test(reads, 'busybox', 'docker.io/library/busybox:latest', 'busybox:latest');
test(reads, 'busybox:1.36', 'docker.io/library/busybox:1.36', 'busybox:1.36');
test(reads, 'acme/app', 'docker.io/acme/app:latest', 'acme/app:latest');
test(reads, 'docker.io/busybox', 'docker.io/library/busybox:latest', 'busybox:latest');
test(reads, 'index.docker.io/busybox', 'docker.io/library/busybox:latest', 'busybox:latest');
test(reads, 'registry-1.docker.io/acme/app:2', 'docker.io/acme/app:2', 'acme/app:2');
test(reads, 'library/busybox', 'docker.io/library/busybox:latest', 'busybox:latest');
test(reads, 'localhost/app', 'localhost/app:latest', 'localhost/app:latest');
test(reads, 'localhost:5000/app:1', 'localhost:5000/app:1', 'localhost:5000/app:1');
test(reads, 'quay.io/acme/app', 'quay.io/acme/app:latest', 'quay.io/acme/app:latest');
test(reads, 'host:5000/app', 'host:5000/app:latest', 'host:5000/app:latest');
test(reads, 'Host/app', 'Host/app:latest', 'Host/app:latest'); // an upper-case letter makes it a host
test(reads, '[::1]:5000/app', '[::1]:5000/app:latest', '[::1]:5000/app:latest');
test(reads, 'a/b/c', 'docker.io/a/b/c:latest', 'a/b/c:latest');
test(reads, 'x/a.b_c__d--e/f', 'docker.io/x/a.b_c__d--e/f:latest', 'x/a.b_c__d--e/f:latest');
test(reads, 'app__x-y.z', 'docker.io/library/app__x-y.z:latest', 'app__x-y.z:latest');
test(reads, 'app:_T.a-G', 'docker.io/library/app:_T.a-G', 'app:_T.a-G');
test(reads, `app:${'t'.repeat(128)}`, `docker.io/library/app:${'t'.repeat(128)}`, `app:${'t'.repeat(128)}`);
test(reads, `app@${SHA256}`, `docker.io/library/app@${SHA256}`, `app@${SHA256}`);
test(reads, `app@${SHA512}`, `docker.io/library/app@${SHA512}`, `app@${SHA512}`);
test(reads, `app:1@${SHA256}`, `docker.io/library/app:1@${SHA256}`, `app:1@${SHA256}`);
test(reads, `localhost/${'p'.repeat(245)}`, `localhost/${'p'.repeat(245)}:latest`, `localhost/${'p'.repeat(245)}:latest`);
test(reads, `${'a'.repeat(63)}`, `docker.io/library/${'a'.repeat(63)}:latest`, `${'a'.repeat(63)}:latest`); // too short for an ID

const refuses = (text: string, code = 'REFERENCE_INVALID'): void =>
  test(`${JSON.stringify(text.slice(0, 60))}, ${text.length} characters long, is no name`, (t) => {
    t.throws(() => parseReference(text), { code });
  });
for (const text of [
  '',
  ':1',
  'App',
  'acme/App',
  'a..b',
  'a_-b',
  'a___b',
  '-a',
  'a-',
  'a/',
  '/a',
  'a//b',
  'a b',
  'a:',
  'a:.1',
  'a:-1',
  `a:${'t'.repeat(129)}`,
  'a:b/c:d:e',
  'http://a.test/b',
  'host:port/app',
  '-host.test/app',
  'f'.repeat(64), // an ID
  `localhost/${'p'.repeat(246)}`,
  '../../etc/passwd',
  'a\u0000b',
])
  refuses(text);
for (const text of [
  'a@',
  'a@sha256:abc',
  `a@sha256:${'A'.repeat(64)}`,
  `a@sha512:${'a'.repeat(64)}`,
  `a@md5:${'a'.repeat(32)}`,
  'a@sha256',
])
  refuses(text, 'DIGEST_INVALID');
