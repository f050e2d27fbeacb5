import { join } from 'node:path';
import { writeFile } from '../generate.ts';
import { BASE, type Workload } from './workload.ts';

const LETTERS = ['a', 'b', 'c', 'd'];

function fourStages({ id, title, work, goal }: { id: string; title: string; work: (times: number) => string; goal: number }): Workload {
  return {
    id,
    title,
    base: 'busybox',
    needs: ['root'],
    open(site) {
      const context = join(site.dir, 'context');
      const stage = (name: string) => `FROM ${BASE.busybox} AS ${name}\nRUN ${work(site.times(1000))}; echo ${name} > /${name}\n`;
      const copies = LETTERS.map((name) => `COPY --from=${name} /${name} /${name}\n`);
      writeFile(join(context, 'Dockerfile'), `${LETTERS.map(stage).join('')}FROM ${BASE.busybox}\n${copies.join('')}`);
      const longest = { name: 'one stage', run: () => [{ argv: ['busybox', 'sh', '-c', work(site.times(1000))] }] };
      return {
        limits: [longest],
        steps: [{ name: 'cold', run: (builder) => [site.build(builder, context)], goal, limit: { 'one stage': 1 } }],
      };
    },
  };
}

/** Four stages that do not need each other, joined by COPY --from. */
export const stages: readonly Workload[] = [
  fourStages({ id: 'W5s', title: '4 stages sleep 2 s', work: (times) => `sleep ${(2 * times) / 1000}`, goal: 0.92 }),
  fourStages({
    id: 'W5c',
    title: '4 stages compute',
    work: (times) => `i=0; while [ $i -lt ${times * 3000} ]; do i=$((i + 1)); done`,
    goal: 1,
  }),
];
