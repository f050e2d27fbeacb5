import { join } from 'node:path';
import { writeBigFile, writeFile } from '../generate.ts';
import { copyLimit, hashOf } from '../limits.ts';
import { BASE, type Step, type Workload } from './workload.ts';

const GIBIBYTE = 2 ** 30;

function bigFile(kind: 'random' | 'text'): Workload {
  return {
    id: kind === 'random' ? 'W3r' : 'W3t',
    title: `1 GiB of ${kind === 'random' ? 'random bytes' : 'text'}`,
    base: 'busybox',
    open(site) {
      const context = join(site.dir, 'context');
      writeBigFile(join(context, 'big'), site.times(GIBIBYTE), kind);
      writeFile(join(context, 'Dockerfile'), `FROM ${BASE.busybox}\nCOPY big /big\n`);
      const run: Step['run'] = (builder) => [site.build(builder, context)];
      return {
        warm: context,
        limits: [hashOf(join(context, 'big')), copyLimit(context, join(site.dir, 'copy'))],
        steps: [
          { name: 'cold', run, goal: 0.35, limit: { sha256: 1, 'cp -a': 1 } },
          { name: 'no change', run, id: 'same', goal: 0.5, limit: { 'node -e 0': 1 } },
        ],
      };
    },
  };
}

/** One file of 1 GiB. */
export const bigFiles: readonly Workload[] = [bigFile('random'), bigFile('text')];
