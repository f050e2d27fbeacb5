import test from 'ava';
import { digestOf, MEDIA_TYPES, ociLayerType, parseManifest } from '../../image/index.ts';

const descriptor = (mediaType: string) => ({ mediaType, digest: digestOf(mediaType), size: 7 });
const image = {
  schemaVersion: 2,
  mediaType: MEDIA_TYPES.manifest,
  config: descriptor(MEDIA_TYPES.config),
  layers: [descriptor(MEDIA_TYPES.layer)],
};
const index = { schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests: [descriptor(MEDIA_TYPES.manifest)] };

const reads = test.macro({
  exec(t, file: object, expected: string | undefined, kind: string, mediaType: string) {
    const manifest = parseManifest(Buffer.from(JSON.stringify(file)), expected);
    t.deepEqual([manifest.kind, manifest.mediaType], [kind, mediaType] as never);
  },
  title: (name) => `${name} is read`,
});
const without = ({ mediaType: _, ...rest }: { readonly mediaType: string }) => rest;
test('a manifest', reads, image, MEDIA_TYPES.manifest, 'image', MEDIA_TYPES.manifest);
test('an index', reads, index, MEDIA_TYPES.index, 'index', MEDIA_TYPES.index);
test('a manifest that does not say what it is', reads, without(image), undefined, 'image', MEDIA_TYPES.manifest);
test(
  'a manifest of which only the registry says what it is',
  reads,
  without(image),
  MEDIA_TYPES.dockerManifest,
  'image',
  MEDIA_TYPES.dockerManifest,
);
test('docker’s list', reads, { ...index, mediaType: MEDIA_TYPES.dockerList }, MEDIA_TYPES.dockerList, 'index', MEDIA_TYPES.dockerList);
test(
  'a manifest with members that nobody knows',
  reads,
  { ...image, subject: descriptor('x'), 'x-more': [1] },
  undefined,
  'image',
  MEDIA_TYPES.manifest,
);

const refuses = test.macro({
  exec(t, file: object | string, expected: string | undefined, message: RegExp, code?: string) {
    t.throws(() => parseManifest(Buffer.from(typeof file === 'string' ? file : JSON.stringify(file)), expected), {
      code: code ?? 'IMAGE_INVALID',
      message,
    });
  },
  title: (name = '') => `${name} is refused`,
});
test('both layers and manifests (CVE-2021-41190)', refuses, { ...index, layers: [] }, undefined, /both/);
test('a configuration beside manifests', refuses, { ...index, config: image.config }, undefined, /both/);
test('an index said to be a manifest', refuses, index, MEDIA_TYPES.manifest, /handed over as/);
test('a manifest said to be an index', refuses, image, MEDIA_TYPES.index, /handed over as/);
test('a manifest that calls itself an index', refuses, { ...image, mediaType: MEDIA_TYPES.index }, undefined, /members/);
test('schema 1', refuses, { schemaVersion: 1, fsLayers: [] }, undefined, /schema 1/);
test('no version', refuses, { layers: [] }, undefined, /schemaVersion/);
test('an unknown type', refuses, { ...image, mediaType: 'application/x' }, undefined, /unknown media type/);
test('a list as configuration', refuses, { ...image, config: [] }, undefined, /lacks/);
test('a layer of a size below nothing', refuses, { ...image, layers: [{ ...descriptor('x'), size: -1 }] }, undefined, /size/);
test('a layer of half a size', refuses, { ...image, layers: [{ ...descriptor('x'), size: 0.5 }] }, undefined, /size/);
test(
  'a digest of another algorithm',
  refuses,
  { ...image, config: { ...image.config, digest: 'md5:00' } },
  undefined,
  /md5/,
  'DIGEST_INVALID',
);
test('text', refuses, '"x"', undefined, /JSON object/);
test('JSON that is nested beyond reason', refuses, `${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`, undefined, /JSON object/);

const typed = test.macro({
  exec(t, mediaType: string, expected: string | undefined) {
    if (expected === undefined) t.throws(() => ociLayerType(mediaType), { code: 'IMAGE_INVALID', message: /unknown media type/ });
    else t.is(ociLayerType(mediaType), expected);
  },
  title: (_, mediaType: string, expected) => `a layer of the type ${mediaType} is ${expected ?? 'refused'}`,
});
test(typed, 'application/vnd.docker.image.rootfs.diff.tar.gzip', MEDIA_TYPES.layerGzip);
test(typed, 'application/vnd.docker.image.rootfs.diff.tar.zstd', MEDIA_TYPES.layerZstd);
test(typed, 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', MEDIA_TYPES.layerGzip);
test(typed, 'application/vnd.oci.image.layer.nondistributable.v1.tar+zstd', MEDIA_TYPES.layerZstd);
test(typed, MEDIA_TYPES.layerZstd, MEDIA_TYPES.layerZstd);
test(typed, 'application/vnd.oci.image.layer.v1.tar+bzip2', undefined);
test(typed, 'application/vnd.cncf.helm.chart.content.v1.tar+gzip', undefined);
