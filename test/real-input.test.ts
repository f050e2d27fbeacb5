import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import test from 'ava';
import { agreeOn } from './helpers/other-tools.ts';
import { mustRun, Workbench } from './helpers/varve.ts';

/** Layers of an image from the bottom up. */
const layersOf = async (bench: Workbench, image: string): Promise<readonly string[]> =>
  JSON.parse(await bench.must(['inspect', image]))[0].RootFS.Layers;

test.serial('nginx: a server installed by apt answers over HTTP from the built image', async (t) => {
  t.timeout(600_000);
  using bench = new Workbench();
  await bench.importDebian();
  bench.write({
    'context/Dockerfile': [
      'FROM debian:bookworm',
      'MAINTAINER practice@example.org',
      'LABEL "purpose"="practice"',
      'RUN apt-get update && apt-get install -y --no-install-recommends nginx',
      'ADD my_nginx.conf /etc/nginx/',
      'WORKDIR /src/app',
      'EXPOSE 80',
      'CMD nginx -g "daemon off;"',
      '',
    ].join('\n'),
    'context/my_nginx.conf': 'server { listen 80; }\n',
  });
  await bench.must(['build', '-t', 'acme/nginx:1.0', 'context']);
  const [image] = JSON.parse(await bench.must(['inspect', 'acme/nginx:1.0']));
  t.is(image.Author, 'practice@example.org');
  t.deepEqual(image.Config.Labels, { purpose: 'practice' });
  t.deepEqual(image.Config.ExposedPorts, { '80/tcp': {} });
  t.deepEqual(image.Config.Cmd, ['/bin/sh', '-c', 'nginx -g "daemon off;"']);
  t.is(image.Config.WorkingDir, '/src/app');
  t.is(image.RootFS.Layers.length, 4);

  const rootfs = bench.path('rootfs');
  await bench.must(['build', '-o', rootfs, 'context']);
  t.true(existsSync(`${rootfs}/etc/nginx/my_nginx.conf`));
  await mustRun('sed', [
    '-i',
    '/\\[::\\]/d; s/listen .*80 default_server;/listen 127.0.0.1:18080;/',
    `${rootfs}/etc/nginx/sites-available/default`,
  ]);
  const server = spawn('chroot', [rootfs, 'nginx', '-g', 'daemon off;'], { stdio: 'ignore' });
  const ended = new Promise((done) => server.once('exit', done));
  try {
    t.regex(await fetchSoon('http://127.0.0.1:18080/'), /Welcome to nginx/);
  } finally {
    server.kill('SIGTERM');
    await ended;
  }
  await agreeOn(t, bench, 'acme/nginx:1.0');
});

async function fetchSoon(url: string): Promise<string> {
  for (let tries = 0; ; tries++) {
    try {
      return await (await fetch(url)).text();
    } catch (failure) {
      if (tries === 100) throw failure;
      await new Promise((done) => setTimeout(done, 100));
    }
  }
}

test.serial('a Python web application: a change of the source rebuilds the last layer only', async (t) => {
  t.timeout(600_000);
  using bench = new Workbench();
  await bench.importDebian();
  bench.write({
    'context/Dockerfile': [
      'FROM debian:bookworm',
      'WORKDIR /app',
      'COPY requirements.txt .',
      'RUN apt-get update && xargs apt-get install -y --no-install-recommends < requirements.txt',
      'COPY . .',
      'EXPOSE 5000',
      'CMD ["python3", "app.py"]',
      '',
    ].join('\n'),
    'context/requirements.txt': 'python3-flask\n',
    'context/app.py': 'from flask import Flask\napp = Flask(__name__)\n@app.get("/")\ndef hello():\n    return "one"\n',
  });
  await bench.must(['build', '-t', 'app:1', 'context']);
  bench.write({ 'context/app.py': 'from flask import Flask\napp = Flask(__name__)\n@app.get("/")\ndef hello():\n    return "two"\n' });
  const { stderr } = await bench.varve(['build', '--progress=plain', '-t', 'app:2', 'context']);
  t.is(stderr.match(/CACHED/g)?.length, 3);
  const [one, two] = [await layersOf(bench, 'app:1'), await layersOf(bench, 'app:2')];
  t.deepEqual(two.slice(0, -1), one.slice(0, -1));
  t.not(two.at(-1), one.at(-1));

  const rootfs = bench.path('rootfs');
  await bench.must(['build', '-o', rootfs, 'context']);
  const code = 'from app import app; print(app.test_client().get("/").get_data(as_text=True))';
  t.is(await mustRun('chroot', [rootfs, 'sh', '-c', `cd /app && python3 -c '${code}'`]), 'two\n');
  await agreeOn(t, bench, 'app:2');
});

test.serial('a C program: compiled in one stage, a static binary alone in the next', async (t) => {
  t.timeout(600_000);
  using bench = new Workbench();
  await bench.importDebian();
  bench.write({
    'context/Dockerfile': [
      'FROM debian:bookworm AS build',
      'RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev',
      'COPY hello.c /src/',
      'RUN gcc -static -Os -o /src/hello /src/hello.c',
      'FROM scratch',
      'COPY --from=build /src/hello /hello',
      'ENTRYPOINT ["/hello"]',
      '',
    ].join('\n'),
    'context/hello.c': '#include <stdio.h>\nint main(void) { puts("hello from scratch"); return 0; }\n',
  });
  await bench.must(['build', '-t', 'hello', 'context']);
  t.is((await layersOf(bench, 'hello')).length, 1);
  const rootfs = bench.path('rootfs');
  await bench.must(['build', '-o', rootfs, 'context']);
  t.is(await mustRun('find', [rootfs, '-mindepth', '1', '-printf', '%P %m\n']), 'hello 755\n');
  t.is(await mustRun(`${rootfs}/hello`, []), 'hello from scratch\n');
  await agreeOn(t, bench, 'hello');
});

for (const storage of ['overlay2', 'vfs'])
  test.serial(`--squash on ${storage}: the base and one layer, without what a later step removed`, async (t) => {
    t.timeout(300_000);
    using bench = new Workbench();
    await bench.importDebian();
    bench.write({
      'context/Dockerfile': [
        'FROM debian:bookworm',
        'RUN dd if=/dev/urandom of=/big bs=1M count=5 && touch /kept && rm /etc/debian_version',
        'RUN rm /big && echo 1 > /one',
        'RUN echo 2 > /two',
        '',
      ].join('\n'),
    });
    await bench.must(['build', '--storage', storage, '--squash', '-t', 'squashed', 'context']);
    const layers = await layersOf(bench, 'squashed');
    t.is(layers.length, 2);
    t.deepEqual(layers.slice(0, 1), await layersOf(bench, 'debian:bookworm'));
    const history = (await bench.must(['history', '--format', 'json', 'squashed'])).trim().split('\n');
    t.true(history.length >= 5);

    await bench.must(['save', '-o', bench.path('squashed.tar'), 'squashed']);
    await mustRun('mkdir', ['-p', bench.path('saved')]);
    await mustRun('tar', ['-C', bench.path('saved'), '-xf', bench.path('squashed.tar')]);
    const top = bench.path('saved', 'blobs/sha256', (layers[1] ?? '').slice('sha256:'.length));
    t.deepEqual((await mustRun('tar', ['-tf', top])).trim().split('\n').sort(), ['etc/', 'etc/.wh.debian_version', 'kept', 'one', 'two']);
    t.true(statSync(top).size < 100_000);
    await agreeOn(t, bench, 'squashed');
  });
