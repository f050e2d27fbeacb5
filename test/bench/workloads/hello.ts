import { join } from 'node:path';
import { editFile, writeFile } from '../generate.ts';
import { BASE, type Step, type Workload } from './workload.ts';

/** One small file on a base. */
export const hello: Workload = {
  id: 'W1',
  title: 'hello',
  base: 'busybox',
  open(site) {
    const context = join(site.dir, 'context');
    const edit = () => editFile(join(context, 'hello'), `hello ${site.next()}\n`);
    writeFile(join(context, 'Dockerfile'), `FROM ${BASE.busybox}\nCOPY hello /hello\nCMD ["cat", "/hello"]\n`);
    edit();
    const run: Step['run'] = (builder) => [site.build(builder, context)];
    return {
      warm: context,
      steps: [
        { name: 'cold', run, goal: 0.8, limit: { 'node -e 0': 1 } },
        { name: 'no change', run, id: 'same', goal: 1, limit: { 'node -e 0': 1 } },
        { name: 'edited', prepare: edit, run, id: 'new', limit: { 'node -e 0': 1 } },
      ],
    };
  },
};
