import { readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { editFile, writeFile, writeTree } from '../generate.ts';
import { copyLimit, statWalk, tarAndHash } from '../limits.ts';
import { BASE, type Step, type Workload } from './workload.ts';

/** 20,000 files, 200 MB. */
export const tree: Workload = {
  id: 'W2',
  title: '20,000 files',
  base: 'busybox',
  open(site) {
    const context = join(site.dir, 'context');
    const files = writeTree(context, site.times(20_000));
    writeFile(join(context, 'Dockerfile'), `FROM ${BASE.busybox}\nCOPY . /app\n`);
    const file = join(context, files[Math.floor(files.length / 2)] ?? '');
    const touch = () => utimesSync(file, new Date(), new Date());
    const edit = () => editFile(file, `${readFileSync(file, 'utf8').slice(0, 5000)}// ${site.next()}\n`);
    const run: Step['run'] = (builder) => [site.build(builder, context)];
    const walk = { 'stat walk': 1, 'node -e 0': 1 };
    return {
      warm: context,
      limits: [tarAndHash(context), statWalk(context), copyLimit(context, join(site.dir, 'copy'))],
      steps: [
        { name: 'cold', run, goal: 0.25, limit: { 'tar | sha256sum': 1 } },
        { name: 'no change', run, id: 'same', goal: 0.3, limit: walk },
        { name: 'one touched', prepare: touch, run, goal: 0.3, limit: walk },
        { name: 'one edited', prepare: edit, run, id: 'new', goal: 0.25, limit: walk },
      ],
    };
  },
};
