import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseReference } from '@varve/core/image';
import { temporaryDir } from '@varve/core/testing';
import test, { type ExecutionContext } from 'ava';
import { ArchiveTransport } from '../src/archive-transport.ts';
import { writeOutput } from '../src/output.ts';
import { saveImages } from '../src/save-images.ts';
import { writeLayout } from '../src/write-layout.ts';
import { openStore, run, sampleImage, sampleLayer } from './archive-bench.ts';

const PLATFORM = { os: 'linux', architecture: 'amd64' };
const one = () => sampleImage([sampleLayer('one')], 'one');
const two = () => sampleImage([sampleLayer('one')], 'two');

/** A layout and an archive of acme/a:1.0 and acme/b:latest. */
async function places(t: ExecutionContext): Promise<{ readonly layout: string; readonly tar: string }> {
  const dir = temporaryDir(t);
  const store = openStore(t, temporaryDir(t));
  const named = [
    { image: one(), names: ['docker.io/acme/a:1.0'] },
    { image: two(), names: ['docker.io/acme/b:2.0'] },
  ];
  await writeLayout(named, join(dir, 'layout'), store);
  await writeOutput(join(dir, 'x.tar'), saveImages(named, store), { stdout: process.stdout });
  return { layout: join(dir, 'layout'), tar: join(dir, 'x.tar') };
}

const resolved = async (t: ExecutionContext, text: string) => {
  const image = await new ArchiveTransport(openStore(t, temporaryDir(t))).resolve(parseReference(text), { platform: PLATFORM });
  return image.config.config.Cmd?.[0];
};

const finds = test.macro({
  async exec(t, text: string, expected: string) {
    const { layout, tar } = await places(t);
    const digest = (await two().descriptor()).digest;
    t.is(await resolved(t, text.replace('LAYOUT', layout).replace('TAR', tar).replace('DIGEST', digest)), expected);
  },
  title: (_, text) => `${text} is found`,
});
test(finds, 'oci-layout://LAYOUT:1.0', 'one');
test(finds, 'oci-layout:LAYOUT:2.0', 'two');
test(finds, 'oci:LAYOUT@DIGEST', 'two');
test(finds, 'oci-layout://LAYOUT:1.0@DIGEST', 'two');
test(finds, 'oci-archive:TAR:docker.io/acme/b:2.0', 'two');
test(finds, 'docker-archive:TAR:acme/a:1.0', 'one');

test('several images and no tag are IMAGE_AMBIGUOUS, and the message names them', async (t) => {
  const { tar } = await places(t);
  await t.throwsAsync(resolved(t, `docker-archive:${tar}`), { code: 'IMAGE_AMBIGUOUS', message: /acme\/a:1\.0, docker\.io\/acme\/b:2\.0/ });
});

test('a tag that is not there is IMAGE_UNKNOWN', async (t) => {
  const { layout } = await places(t);
  await t.throwsAsync(resolved(t, `oci-layout://${layout}:3.0`), { code: 'IMAGE_UNKNOWN' });
});

test('a compressed archive can be built on', async (t) => {
  const { tar } = await places(t);
  await run('gzip', [tar]);
  t.is(await resolved(t, `docker-archive:${tar}.gz:acme/a:1.0`), 'one');
});

test('a path with a colon is a path where there is such a file', async (t) => {
  const { tar } = await places(t);
  await run('mv', [tar, `${tar}:old`]);
  t.is(await resolved(t, `docker-archive:${tar}:old:acme/a:1.0`), 'one');
  t.false(existsSync(tar));
});
