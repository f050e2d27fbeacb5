import { readdirSync, readFileSync } from 'node:fs';
import test from 'ava';
import { mustRun, Workbench } from '../helpers/varve.ts';
import { prepareStore } from './site.ts';

const listed = async (bench: Workbench): Promise<readonly string[]> =>
  (await bench.must(['images', '--no-trunc', '--digests', '--format', '{{.Repository}}:{{.Tag}} {{.ID}} {{.Digest}}'])).trim().split('\n');
const blobsOf = (bench: Workbench): readonly string[] => readdirSync(bench.path('root/blobs/sha256')).sort();
const layersOf = (bench: Workbench, name: string): Promise<string> => bench.must(['inspect', '-f', '{{.RootFS.Layers}}', name]);
/** Names of the blobs in an archive. */
const blobsIn = async (file: string): Promise<readonly string[]> =>
  (await mustRun('tar', ['-tf', file])).split('\n').flatMap((path) => /^blobs\/sha256\/(\w+)$/.exec(path)?.[1] ?? []);

let bench: Workbench;
/** All images of the bench, the one without a name too. */
let archive: string;
let nameless: string;
test.before(async () => {
  bench = await prepareStore();
  nameless = (await bench.must(['images', '-q', '--no-trunc', '-f', 'dangling=true'])).trim();
  archive = bench.path('all.tar');
  await bench.must(['save', '-o', archive, 'busybox', 'acme/app', nameless]);
});
test.after.always(() => bench[Symbol.dispose]());

test('saved, removed and loaded, everything is as before, and saved again it is the same file', async (t) => {
  using copy = new Workbench();
  await mustRun('cp', ['-a', bench.root, copy.root]);
  const before = await listed(copy);
  await copy.must(['rmi', '-f', 'busybox', 'acme/app:1', 'acme/app', nameless]);
  await copy.must(['builder', 'prune', '-af']);
  t.deepEqual([await listed(copy), blobsOf(copy)], [[''], []]);
  const lines = (await copy.must(['load', '-i', archive])).trim().split('\n');
  t.deepEqual(
    lines.toSorted(),
    [
      'Loaded image: acme/app:1',
      'Loaded image: acme/app:latest',
      'Loaded image: busybox:latest',
      `Loaded image ID: ${nameless}`,
    ].toSorted(),
  );
  t.deepEqual(await listed(copy), before);
  t.deepEqual(blobsOf(copy), (await blobsIn(archive)).toSorted());
  await copy.must(['save', '-o', copy.path('again.tar'), 'busybox', 'acme/app', nameless]);
  t.true(readFileSync(copy.path('again.tar')).equals(readFileSync(archive)));
});

test('images in one archive share their layers, and one that was saved by its ID has no name', async (t) => {
  const manifests = JSON.parse(await mustRun('tar', ['-xOf', archive, 'manifest.json'])) as {
    RepoTags: string[] | null;
    Layers: string[];
  }[];
  t.deepEqual(
    manifests.map(({ RepoTags }) => RepoTags?.toSorted() ?? null).toSorted(),
    [['acme/app:1', 'acme/app:latest'], ['busybox:latest'], null].toSorted(),
  );
  const layers = manifests.flatMap((one) => one.Layers);
  t.is(layers.length, 7);
  const blobs = await blobsIn(archive);
  t.is(new Set(blobs).size, blobs.length);
  t.is(blobs.length, new Set(layers).size + 2 * manifests.length);
});

for (const [program, ...args] of [['cat'], ['gzip'], ['bzip2'], ['xz', '-0'], ['zstd', '-q']] as const)
  test(`load takes what ${program} made of an archive, from stdin`, async (t) => {
    using other = new Workbench();
    const packed = other.path('packed');
    await mustRun('sh', ['-c', 'out=$1; in=$2; shift 2; "$@" < "$in" > "$out"', 'sh', packed, archive, program, ...args]);
    await other.must(['load'], { input: readFileSync(packed) });
    t.deepEqual(await listed(other), await listed(bench));
  });

test('what umoci changed in a layout of ours is loaded, as a directory and as a tar', async (t) => {
  using other = new Workbench();
  const layout = other.write({ 'layout/.keep': '' }, 'layout');
  const single = other.path('app.tar');
  await bench.must(['save', '-o', single, 'acme/app:1']);
  await mustRun('tar', ['-C', layout, '-xf', single]);
  await mustRun('umoci', ['config', '--image', `${layout}:1`, '--tag', 'new', '--config.label', 'by=umoci']);
  await mustRun('tar', ['-C', layout, '-cf', other.path('layout.tar'), '.']);
  for (const from of [layout, other.path('layout.tar')]) {
    await other.must(['load', '-i', from]);
    const changed = (await other.must(['images', '-q', '--no-trunc', '-f', 'label=by=umoci'])).trim();
    t.deepEqual(await layersOf(other, changed), await layersOf(bench, 'acme/app:1'));
    await other.must(['rmi', '-f', changed]);
  }
});
