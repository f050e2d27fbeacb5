import { makeIndex } from '../image/index.ts';
import type { Build } from './build.ts';
import { finishCaches } from './cache.ts';
import type { BuildInfo, BuildResult } from './contracts/build.ts';
import type { ExportResult } from './contracts/exporter.ts';
import { type Built, outputsOf } from './finish-image.ts';

export interface Request {
  /** One for each platform, in the order asked for. */
  readonly builds: readonly [Build, ...Build[]];
  /** Of the request as a whole. */
  readonly info: BuildInfo;
}

/**
 * From a request to an image, or to one for each platform and an index over them, and the outputs. Every platform is planned before a step
 * of any is run, so that a build that cannot be done costs nobody an hour.
 */
export async function runBuilds({ builds, info }: Request): Promise<BuildResult> {
  const { request, signal, emit } = info;
  emit({ type: 'build-started', file: request.source.file, progress: request.options?.progress });
  signal?.throwIfAborted();
  const writers = await outputsOf(builds, info);
  await forEach(builds, (build) => build.plan());
  const images = await forEach(builds, async (build) => ({ platform: build.build.platform, image: await build.image() }));
  signal?.throwIfAborted();
  const [{ image }] = images;
  const built: Built = builds.length === 1 ? { image } : { image, index: makeIndex(images, request.indexAnnotations) };
  const outputs: ExportResult[] = [];
  for (const write of writers) outputs.push(await write(built));
  await finishCaches(
    builds[0].work.caches,
    images.map((one) => one.image),
  );
  const descriptor = await (built.index ?? image).descriptor();
  const id = built.index === undefined ? await image.id() : descriptor.digest;
  emit({ type: 'build-finished', digest: descriptor.digest, id });
  const directories = await Promise.all(builds[0].work.directories.values());
  return { ...built, descriptor, id, outputs, directories };
}

/** The same for each build, beside each other. The first failure stops the others, which are waited for: nothing of them is left. */
async function forEach<T>(builds: Request['builds'], work: (build: Build) => Promise<T>): Promise<readonly [T, ...T[]]> {
  const settled = await Promise.allSettled(
    builds.map(async (build) => {
      try {
        return await work(build);
      } catch (failure) {
        build.fail(failure);
        throw failure;
      }
    }),
  );
  const { signal } = builds[0].work.controller;
  const values = settled.map((one) => {
    if (one.status === 'rejected') throw signal.aborted ? signal.reason : one.reason;
    return one.value;
  });
  return values as unknown as readonly [T, ...T[]]; // as many as there are builds
}
