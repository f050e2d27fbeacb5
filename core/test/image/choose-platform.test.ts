import test from 'ava';
import { choosePlatform, parsePlatform } from '../../image/index.ts';

const entry = (text: string) => ({ platform: parsePlatform(text), text });
const chooses = test.macro({
  exec(t, there: readonly string[], wanted: string, expected: string | undefined) {
    const choose = () => choosePlatform(there.map(entry), parsePlatform(wanted)).text;
    if (expected === undefined) t.throws(choose, { code: 'IMAGE_PLATFORM' });
    else t.is(choose(), expected);
  },
  title: (_, there: readonly string[], wanted, expected) => `for ${wanted} of ${there.join(', ')}: ${expected ?? 'none'}`,
});
test(chooses, ['linux/amd64', 'linux/arm64'], 'linux/arm64', 'linux/arm64');
test(chooses, ['linux/arm64/v8'], 'linux/arm64', 'linux/arm64/v8');
test(chooses, ['linux/arm64'], 'linux/arm64/v8', 'linux/arm64');
test(chooses, ['linux/arm/v6', 'linux/arm/v5'], 'linux/arm/v7', 'linux/arm/v6');
test(chooses, ['linux/arm/v5', 'linux/arm/v7'], 'linux/arm/v7', 'linux/arm/v7');
test(chooses, ['linux/arm/v7'], 'linux/arm/v6', undefined);
test(chooses, ['linux/amd64'], 'linux/amd64/v3', 'linux/amd64');
test(chooses, ['linux/amd64/v3', 'linux/amd64'], 'linux/amd64', 'linux/amd64');
test(chooses, ['linux/amd64/v3'], 'linux/amd64', undefined);
test(chooses, ['linux/amd64/v4', 'linux/amd64/v2'], 'linux/amd64/v3', 'linux/amd64/v2');
test(chooses, ['windows/amd64'], 'linux/amd64', undefined);
test(chooses, [], 'linux/amd64', undefined);

test('an attestation is no image, whatever it says about a platform', (t) => {
  const attested = { ...entry('linux/amd64'), annotations: { 'vnd.docker.reference.type': 'attestation-manifest' } };
  const failure = t.throws(() => choosePlatform([attested, entry('unknown/unknown'), entry('linux/arm64')], parsePlatform('linux/amd64')), {
    code: 'IMAGE_PLATFORM',
  });
  t.regex(failure?.message ?? '', /found linux\/arm64$/);
});

test('the only image of an index that names no platform is for all', (t) => {
  const [only] = [{ text: 'only' }];
  t.is(choosePlatform([only, { ...entry('unknown/unknown') }] as never, parsePlatform('linux/amd64')), only as never);
});
