import { mkdirSync, readdirSync } from 'node:fs';
import test from 'ava';
import { podman } from './helpers/other-tools.ts';
import { mustRun, Workbench } from './helpers/varve.ts';

const DOCKERFILE = [
  'FROM busybox',
  'LABEL of=test',
  'ENV A=1',
  'RUN echo made > /made && chmod 4755 /made && ln /made /same && rm /etc/group',
  'COPY file /copied/',
  'EXPOSE 80',
  'USER 7',
  'WORKDIR /work',
  'ENTRYPOINT ["/bin/sh", "-c"]',
  'CMD ["cat /made"]',
  '',
].join('\n');

/** A bench with an image `thing:1` and its archive. */
async function saved(): Promise<{ readonly bench: Workbench; readonly archive: string; readonly layers: readonly string[] }> {
  const bench = new Workbench();
  await bench.importBusybox();
  bench.write({ 'context/Dockerfile': DOCKERFILE, 'context/file': 'copied\n' });
  await bench.must(['build', '-t', 'thing:1', 'context']);
  const archive = bench.path('thing.tar');
  await bench.must(['save', '-o', archive, 'thing:1']);
  const [image] = JSON.parse(await bench.must(['inspect', 'thing:1']));
  return { bench, archive, layers: image.RootFS.Layers };
}

for (const transport of ['docker-archive', 'oci-archive'])
  test.serial(`skopeo reads a saved image as ${transport}, with the same layers and config`, async (t) => {
    const { bench, archive, layers } = await saved();
    using _ = bench;
    const inspected = JSON.parse(await mustRun('skopeo', ['inspect', `${transport}:${archive}`]));
    t.deepEqual(inspected.Labels, { of: 'test' });
    t.deepEqual(inspected.Env, ['PATH=/bin', 'A=1']);
    t.is(inspected.Architecture, process.arch === 'x64' ? 'amd64' : 'arm64');
    const config = JSON.parse(await mustRun('skopeo', ['inspect', '--config', `${transport}:${archive}`]));
    t.deepEqual(config.rootfs.diff_ids, layers);
    t.deepEqual([config.config.User, config.config.WorkingDir], ['7', '/work']);
    t.deepEqual(config.config.Entrypoint, ['/bin/sh', '-c']);
    t.deepEqual(config.config.Cmd, ['cat /made']);
  });

test.serial('podman loads a saved image and has the same layers and config', async (t) => {
  t.timeout(120_000);
  const { bench, archive, layers } = await saved();
  using _ = bench;
  t.regex(await podman(bench, ['load', '-i', archive]), /thing:1/);
  const [image] = JSON.parse(await podman(bench, ['image', 'inspect', 'thing:1']));
  t.deepEqual(image.RootFS.Layers, layers);
  t.deepEqual(image.Config.ExposedPorts, { '80/tcp': {} });
});

test.serial('umoci unpacks a saved image to the files that were built', async (t) => {
  const { bench, archive } = await saved();
  using _ = bench;
  const layout = bench.path('layout');
  mkdirSync(layout);
  await mustRun('tar', ['-C', layout, '-xf', archive]);
  await mustRun('umoci', ['unpack', '--image', `${layout}:1`, bench.path('bundle')]);
  const rootfs = bench.path('bundle/rootfs');
  t.deepEqual(readdirSync(rootfs).sort(), ['bin', 'copied', 'etc', 'made', 'root', 'same', 'tmp', 'work']);
  t.is(await mustRun('stat', ['-c', '%a %h', `${rootfs}/made`]), '4755 2\n');
  t.deepEqual(readdirSync(`${rootfs}/etc`), ['passwd']);
});

test.serial('varve loads what podman saved, in both of its formats', async (t) => {
  t.timeout(120_000);
  const { bench, archive, layers } = await saved();
  using _ = bench;
  await podman(bench, ['load', '-i', archive]);
  for (const format of ['docker-archive', 'oci-archive']) {
    const file = bench.path(`${format}.tar`);
    await podman(bench, ['save', '--format', format, '-o', file, 'thing:1']);
    using other = new Workbench();
    t.regex(await other.must(['load', '-i', file]), /Loaded image/);
    const [image] = JSON.parse(await other.must(['inspect', 'localhost/thing:1']).catch(() => other.must(['inspect', 'thing:1'])));
    t.deepEqual(image.RootFS.Layers, layers);
    t.deepEqual(image.Config.Cmd, ['cat /made']);
  }
});

test.serial('varve loads archives and layouts that skopeo wrote', async (t) => {
  const { bench, archive, layers } = await saved();
  using _ = bench;
  for (const transport of ['docker-archive', 'oci-archive', 'oci']) {
    const path = bench.path(`skopeo-${transport}`);
    await mustRun('skopeo', ['copy', `docker-archive:${archive}`, `${transport}:${path}:acme/other:2`]);
    using other = new Workbench();
    t.is(await other.must(['load', '-i', path]), 'Loaded image: acme/other:2\n', transport);
    const [image] = JSON.parse(await other.must(['inspect', 'acme/other:2']));
    t.deepEqual([image.RootFS.Layers, image.Config.User, image.Config.Cmd], [layers, '7', ['cat /made']], transport);
  }
});

test.serial('save, rmi and load give back the same image and the same archive', async (t) => {
  const { bench, archive } = await saved();
  using _ = bench;
  const before = await bench.must(['inspect', '--format', '{{.Id}}', 'thing:1']);
  await bench.must(['rmi', 'thing:1']);
  t.is((await bench.varve(['inspect', 'thing:1'])).code, 1);
  await bench.must(['load', '-i', archive]);
  t.is(await bench.must(['inspect', '--format', '{{.Id}}', 'thing:1']), before);
  await bench.must(['save', '-o', bench.path('again.tar'), 'thing:1']);
  await mustRun('cmp', [archive, bench.path('again.tar')]);
});
