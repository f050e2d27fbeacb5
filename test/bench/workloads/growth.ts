import { join } from 'node:path';
import { writeBigFile, writeFile, writeTree } from '../generate.ts';
import { BASE, type Site, type Step, type Workload } from './workload.ts';

const GIBIBYTE = 2 ** 30;

interface Growing {
  readonly id: string;
  readonly title: string;
  /** What is counted, and how many there are: in the small context and in the large one. */
  readonly sizes: readonly [string, string];
  readonly factor: number;
  write(site: Site, dir: string, factor: number): void;
}

/** Ours alone, on a context and on one that is several times as large: time should grow as the context does, and memory not at all. */
function growing({ id, title, sizes, factor, write }: Growing): Workload {
  return {
    id,
    title,
    base: 'busybox',
    only: ['varve'],
    open(site) {
      const [small, large] = [join(site.dir, 'small'), join(site.dir, 'large')];
      for (const [context, times] of [[small, 1] as const, [large, factor] as const]) {
        write(site, context, times);
        writeFile(join(context, 'Dockerfile'), `FROM ${BASE.busybox}\nCOPY . /app\n`);
      }
      const steps = ['cold', 'no change'].flatMap((name): readonly Step[] => {
        const first = `${sizes[0]}: ${name}`;
        return [
          { name: first, run: (builder) => [site.build(builder, small, `localhost/bench/${id.toLowerCase()}:small`)] },
          {
            name: `${sizes[1]}: ${name}`,
            run: (builder) => [site.build(builder, large, `localhost/bench/${id.toLowerCase()}:large`)],
            grows: { from: first, factor },
          },
        ];
      });
      return { steps };
    },
  };
}

/** How time and memory grow. */
export const growth: readonly Workload[] = [
  growing({
    id: 'G1',
    title: 'more files',
    sizes: ['20,000 files', '200,000 files'],
    factor: 10,
    write: (site, dir, factor) => writeTree(dir, site.times(20_000 * factor), 1024),
  }),
  growing({
    id: 'G2',
    title: 'a longer file',
    sizes: ['1 GiB', '8 GiB'],
    factor: 8,
    write: (site, dir, factor) => writeBigFile(join(dir, 'big'), site.times(GIBIBYTE * factor), 'random'),
  }),
];
