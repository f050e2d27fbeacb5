import { isDeepStrictEqual } from 'node:util';
import { run, Workbench } from '../helpers/varve.ts';
import { PodmanBuilder } from './build-with-podman.ts';
import { VarveBuilder } from './build-with-varve.ts';
import { cases } from './cases/index.ts';
import type { ConformanceCase } from './conformance-case.ts';
import { type Outcome, plainConfig } from './outcome.ts';
import { writeContext } from './write-context.ts';

/**
 * Builds the cases with Varve and with podman and prints where they differ; fails where the table does not say so. For developers; needs
 * root and podman:
 *
 *     node --conditions=varve-source test/conformance/compare.ts [--all] [pattern of names]
 */
const [filter = ''] = process.argv.slice(2).filter((each) => !each.startsWith('--'));
const showAll = process.argv.includes('--all');

/** As podman prints it, which leaves out a shell. */
function normal({ tree, config, author }: Outcome): object {
  const { Shell: _, ...fields } = plainConfig(config);
  return { tree, config: fields, author: author || undefined };
}

type Result = { readonly outcome: Outcome } | { readonly failure: string };
async function attempt(work: () => Promise<Outcome>): Promise<Result> {
  try {
    return { outcome: await work() };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { failure: text.replace(/^podman[\s\S]*?Error: /, '') };
  }
}
const shown = (result: Result): object => ('outcome' in result ? normal(result.outcome) : { failure: result.failure });

using bench = new Workbench();
await bench.importBusybox();
await bench.must(['build', '-o', `type=tar,dest=${bench.path('rootfs.tar')}`, '-'], { input: 'FROM busybox' });
const podman = await PodmanBuilder.open(bench.path('podman'), bench.path('rootfs.tar'));
await using varve = await VarveBuilder.open(bench.root);
let differences = 0;
const surprises: string[] = [];
const chosen = cases.filter(({ name }) => new RegExp(filter).test(name));
for (const [index, one] of chosen.entries()) await compare(one, bench.path(`context-${index}`));
process.stdout.write(`${chosen.length} cases, ${differences} differences\n`);
if (surprises.length > 0) {
  process.stdout.write(`The table says otherwise of:\n  ${surprises.join('\n  ')}\n`);
  process.exitCode = 1;
}
await run('rm', ['-rf', bench.path('podman')]);

async function compare(one: ConformanceCase, dir: string): Promise<void> {
  await writeContext(dir, one);
  const ours = await attempt(() => varve.build(one, dir));
  const theirs = await attempt(() => podman.build(one, dir));
  const isSame = 'failure' in ours ? 'failure' in theirs : isDeepStrictEqual(shown(ours), shown(theirs));
  if (!isSame) differences += 1;
  if (isSame !== (one.unlikeBuildah === undefined)) surprises.push(one.name);
  if (isSame && !showAll) return;
  const said = one.unlikeBuildah === undefined ? '' : ` (${one.unlikeBuildah})`;
  process.stdout.write(`\n${isSame ? 'SAME' : 'DIFFERENT'} ${one.name}${said}\n${one.dockerfile}\n`);
  process.stdout.write(
    `varve  ${JSON.stringify(shown(ours), null, 1)}\npodman ${JSON.stringify(isSame ? 'same' : shown(theirs), null, 1)}\n`,
  );
}
