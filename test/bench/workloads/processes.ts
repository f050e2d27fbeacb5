import { join } from 'node:path';
import { writeFile } from '../generate.ts';
import { BASE, type Step, type Workload } from './workload.ts';

/** Twenty short processes, one after the other. */
export const twentyRuns: Workload = {
  id: 'W4',
  title: '20 RUNs',
  base: 'busybox',
  needs: ['root'],
  open(site) {
    const context = join(site.dir, 'context');
    const count = site.times(20);
    const lines = Array.from({ length: count }, (_, number) => `RUN echo ${number} > /file-${number}\n`);
    writeFile(join(context, 'Dockerfile'), `FROM ${BASE.busybox}\n${lines.join('')}`);
    const run: Step['run'] = (builder) => [site.build(builder, context)];
    return {
      steps: [
        { name: 'cold', run, goal: 0.5, limit: { 'runc true': count, 'node -e 0': 1 } },
        { name: 'no change', run, id: 'same', goal: 1, limit: { 'node -e 0': 1 } },
      ],
    };
  },
};

/** A process that writes 5,000 files on a Debian base. */
export const writtenFiles: Workload = {
  id: 'W6',
  title: 'RUN writes 5,000 files',
  base: 'debian',
  needs: ['debian', 'root'],
  open(site) {
    const context = join(site.dir, 'context');
    const loop = `i=0; while [ $i -lt ${site.times(5000)} ]; do echo "$1 $i" > /data/$((i % 50))/f$i; i=$((i + 1)); done`;
    const script = `set -- TEXT; for d in $(seq 0 49); do mkdir -p /data/$d; done; ${loop}`;
    const write = (text: string) => writeFile(join(context, 'Dockerfile'), `FROM ${BASE.debian}\nRUN ${script.replace('TEXT', text)}\n`);
    const run: Step['run'] = (builder) => [site.build(builder, context)];
    return {
      steps: [
        { name: 'cold', prepare: () => write('content'), run, goal: 0.8, limit: { 'runc true': 1, 'node -e 0': 1 } },
        // by now every builder has the base as a directory
        {
          name: 'edited',
          prepare: () => write(`content-${site.next()}`),
          run,
          id: 'new',
          goal: 0.8,
          limit: { 'runc true': 1, 'node -e 0': 1 },
        },
      ],
    };
  },
};
