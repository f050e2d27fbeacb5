import { join } from 'node:path';
import { writeFile } from '../generate.ts';
import { BASE, type Step, type Workload } from './workload.ts';

/** A hundred layers of one small file each, and a process on top of them. */
export const manyLayers: Workload = {
  id: 'W9',
  title: '100 layers',
  base: 'busybox',
  needs: ['root'],
  open(site) {
    const context = join(site.dir, 'context');
    const numbers = Array.from({ length: site.times(100) }, (_, number) => number);
    for (const number of numbers) writeFile(join(context, `file-${number}`), `${number}\n`);
    const text = `FROM ${BASE.busybox}\n${numbers.map((number) => `COPY file-${number} /file-${number}\n`).join('')}`;
    const write = (last: string) => writeFile(join(context, 'Dockerfile'), `${text}${last}`);
    const run: Step['run'] = (builder) => [site.build(builder, context)];
    const start = { 'node -e 0': 1 };
    return {
      warm: context,
      steps: [
        { name: 'cold', prepare: () => write(''), run, goal: 0.4, limit: start },
        { name: 'no change', run, id: 'same', goal: 1, limit: start },
        {
          name: 'RUN on top',
          prepare: () => write('RUN echo > /top\n'),
          run,
          id: 'new',
          goal: 0.6,
          limit: { ...start, 'runc true': 1, mount: 1 },
        },
      ],
    };
  },
};
