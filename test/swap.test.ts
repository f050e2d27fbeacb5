import { utimesSync } from 'node:fs';
import test from 'ava';
import { Workbench } from './helpers/varve.ts';

const DOCKERFILE = [
  'FROM busybox AS made',
  'ARG WHO=world',
  'ENV GREETING="hello $WHO"',
  'RUN mkdir -p /data/deep && echo "$GREETING" > /data/deep/greeting && ln -s deep/greeting /data/link && ln /data/deep/greeting /data/hard',
  'RUN rm -r /data/deep && mkdir /data/deep && echo new > /data/deep/new && chmod 4750 /data/hard && chown 7:8 /data/hard',
  'RUN rm /etc/group && mkdir /etc/group && mkfifo /data/pipe',
  'FROM busybox',
  'WORKDIR /app',
  'COPY --chown=user:extra . .',
  'COPY --from=made /data /data',
  'RUN touch /etc/passwd && rm -rf /root && cp -a /app/script /usr-script',
  'USER user',
  'CMD ["/app/script"]',
  '',
].join('\n');

/** Builds the same thing on a bench of its own; the digest says what came out. */
async function digestOf(
  flags: readonly string[],
  settings: { readonly umask?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  using bench = new Workbench();
  await bench.importBusybox();
  const context = bench.write(
    { Dockerfile: DOCKERFILE, script: '#!/bin/sh\necho hi\n', 'sub/file': 'x', 'sub/é': 'y' },
    `context-${Math.random()}`,
  );
  utimesSync(`${context}/script`, 1000, 1000);
  const umask = process.umask(Number.parseInt(settings.umask ?? '022', 8));
  try {
    const env = { SOURCE_DATE_EPOCH: '1700000000', ...settings.env };
    await bench.must(['build', '-t', 'result', ...flags, '--metadata-file', bench.path('metadata.json'), context], { env });
  } finally {
    process.umask(umask);
  }
  const [image] = JSON.parse(await bench.must(['inspect', 'result']));
  return JSON.stringify([image.Id, image.RootFS.Layers]);
}

const expected = digestOf(['--storage', 'overlay2', '--executor', 'oci']);
const same = (how: string, flags: readonly string[], settings: Parameters<typeof digestOf>[1] = {}) =>
  test.serial(`the same build gives the same image ${how}`, async (t) => {
    t.timeout(300_000);
    t.is(await digestOf(flags, settings), await expected);
  });
for (const storage of ['overlay2', 'vfs'])
  for (const executor of ['oci', 'namespaces', 'chroot'])
    same(`on ${storage} with the executor ${executor}`, ['--storage', storage, '--executor', executor]);
same('under another umask', ['--storage', 'overlay2'], { umask: '077' });
same('in another time zone and language', ['--storage', 'vfs'], { env: { TZ: 'Asia/Kathmandu', LC_ALL: 'C' } });
