import { existsSync } from 'node:fs';
import test from 'ava';
import { PodmanBuilder } from './conformance/build-with-podman.ts';
import { VarveBuilder } from './conformance/build-with-varve.ts';
import { cases } from './conformance/cases/index.ts';
import type { ConformanceCase } from './conformance/conformance-case.ts';
import { type Outcome, plainConfig } from './conformance/outcome.ts';
import { writeContext } from './conformance/write-context.ts';
import { Workbench } from './helpers/varve.ts';

const bench = new Workbench();
/** A store of its own: what the first one remembers would not be made again. */
const otherBench = new Workbench();
const builders: VarveBuilder[] = [];
let contexts = 0;

async function open(on: Workbench, storage: string | undefined): Promise<VarveBuilder> {
  await on.importBusybox();
  const builder = await VarveBuilder.open(on.root, { storage });
  builders.push(builder);
  return builder;
}
let varve: VarveBuilder;
let onCopies: VarveBuilder;
test.before(async () => {
  varve = await open(bench, undefined);
  onCopies = await open(otherBench, 'vfs');
});
test.after.always(async () => {
  for (const builder of builders) await builder[Symbol.asyncDispose]();
  for (const each of [bench, otherBench]) each[Symbol.dispose]();
});

async function contextOf(one: ConformanceCase): Promise<string> {
  contexts += 1;
  const dir = bench.path(`context-${contexts}`);
  await writeContext(dir, one);
  return dir;
}

/** All that a case states of a build that succeeds; what it does not state of the config is not set. */
const stated = ({ tree, config, author, history, layers }: ConformanceCase) => ({
  tree,
  config: config ?? {},
  author,
  ...(history && { history }),
  ...(layers !== undefined && { layers }),
});
const made = (outcome: Outcome, { history, layers }: ConformanceCase) => ({
  tree: outcome.tree,
  config: plainConfig(outcome.config),
  author: outcome.author,
  ...(history && { history: outcome.history }),
  ...(layers !== undefined && { layers: outcome.layers }),
});

const agrees = test.macro(async (t, one: ConformanceCase, builder: () => VarveBuilder) => {
  const dir = await contextOf(one);
  if (one.fails === undefined) t.deepEqual(made(await builder().build(one, dir), one), stated(one));
  else t.regex((await t.throwsAsync(builder().build(one, dir)))?.message ?? '', one.fails);
});
for (const one of cases) test.serial(one.name, agrees, one, () => varve);
const WITH_FILES = cases.filter(({ fails, tree = [] }) => fails === undefined && tree.length > 0);
for (const one of WITH_FILES) test.serial(`${one.name}, on vfs`, agrees, one, () => onCopies);

/** Some of the cases that other builders agree about, so that the comparison itself is known to work. */
const COMPARED = cases.filter(({ fails, unlikeBuildah, history, asked }) => !fails && unlikeBuildah === undefined && !history && !asked);
const SAMPLE = COMPARED.filter((_, index) => index % Math.ceil(COMPARED.length / 8) === 0);

(existsSync('/usr/bin/podman') ? test.serial : test.skip)('podman makes the same of a sample of the cases', async (t) => {
  t.timeout(120_000);
  const rootfs = bench.path('rootfs.tar');
  await bench.must(['build', '-o', `type=tar,dest=${rootfs}`, '-'], { input: 'FROM busybox' });
  const podman = await PodmanBuilder.open(bench.path('podman'), rootfs);
  for (const one of SAMPLE) {
    const { tree, config } = await podman.build(one, await contextOf(one));
    t.deepEqual(tree, one.tree, one.name);
    t.deepEqual({ ...plainConfig(config), Shell: one.config?.Shell }, { ...one.config, Shell: one.config?.Shell }, one.name);
  }
});
