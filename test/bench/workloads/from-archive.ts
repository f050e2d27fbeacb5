import { join } from 'node:path';
import { writeFile, writeTree } from '../generate.ts';
import { extraction, hashOf } from '../limits.ts';
import { BASE, type Workload } from './workload.ts';

/** From nothing to an image on Debian: the base comes from an archive. */
export const onDebian: Workload = {
  id: 'W11',
  title: 'Debian from an archive',
  needs: ['debian'],
  open(site) {
    const context = join(site.dir, 'context');
    const archive = site.archiveOf('debian');
    writeFile(join(context, 'hello'), 'hello\n');
    writeFile(join(context, 'Dockerfile'), `FROM ${BASE.debian}\nCOPY hello /hello\nCMD ["cat", "/hello"]\n`);
    return {
      limits: [hashOf(archive), extraction(archive, join(site.dir, 'extracted'))],
      steps: [
        {
          name: 'load and build',
          run: (builder) => [builder.load(archive), site.build(builder, context)],
          goal: 0.3,
          limit: { sha256: 1, 'node -e 0': 2 },
        },
      ],
    };
  },
};

/** An image of a hundred thousand files: it is loaded, and one process runs in it. */
export const hugeImage: Workload = {
  id: 'W12',
  title: 'image of 100,000 files',
  needs: ['root'],
  async open(site) {
    const [first, second] = [join(site.dir, 'first'), join(site.dir, 'second')];
    const [archive, tag] = [join(site.dir, 'huge.tar'), 'localhost/bench/huge:1'];
    writeTree(first, site.times(100_000), 1024);
    writeFile(join(first, 'Dockerfile'), `FROM ${BASE.busybox}\nCOPY . /app\n`);
    writeFile(join(second, 'Dockerfile'), `FROM ${tag}\nRUN echo > /top\n`);
    await site.makeArchive(first, tag, archive);
    return {
      limits: [hashOf(archive), extraction(archive, join(site.dir, 'extracted'))],
      steps: [
        {
          name: 'load and RUN',
          run: (builder) => [builder.load(archive), site.build(builder, second)],
          goal: 0.6,
          limit: { sha256: 1, 'tar -x': 1, 'runc true': 1, 'node -e 0': 2 },
        },
      ],
    };
  },
};
