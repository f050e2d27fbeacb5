import { join } from 'node:path';
import { writeFile, writeTree } from '../generate.ts';
import { BASE, type Step, type Workload } from './workload.ts';

/** A hundred thousand files that .dockerignore keeps out, and ten that are wanted. */
export const ignored: Workload = {
  id: 'W10',
  title: '100,000 ignored files',
  base: 'busybox',
  open(site) {
    const context = join(site.dir, 'context');
    writeTree(context, site.times(100_000), 100);
    for (let number = 0; number < 10; number++) writeFile(join(context, 'src', `wanted-${number}`), `${number}\n`);
    writeFile(join(context, '.dockerignore'), 'node_modules\n');
    writeFile(join(context, 'Dockerfile'), `FROM ${BASE.busybox}\nCOPY . /app\n`);
    const run: Step['run'] = (builder) => [site.build(builder, context)];
    const start = { 'node -e 0': 1 };
    return {
      steps: [
        { name: 'cold', run, goal: 1, limit: start },
        { name: 'no change', run, id: 'same', goal: 1, limit: start },
      ],
    };
  },
};
