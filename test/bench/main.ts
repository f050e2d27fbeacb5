// npm run bench -- W2 W4 --runs 3 --scale 0.2 --builders varve,podman
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { dirname, resolve } from 'node:path';
import { BUILDERS } from './builders/index.ts';
import { stopRunning } from './measure.ts';
import { HELP, isWanted, type Options, readOptions } from './options.ts';
import { asData, type Results, report } from './report.ts';
import { type Measured, type Participant, runWorkload } from './run-workload.ts';
import { Scratch } from './scratch.ts';
import { Ground } from './site.ts';
import { seconds } from './table.ts';
import { WORKLOADS } from './workloads/index.ts';

const REPOSITORY = resolve(import.meta.dirname, '../..');
const say = (line: string) => process.stderr.write(`${line}\n`);

let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    interrupted = true;
    stopRunning();
  });

const options = readOptions(process.argv.slice(2), REPOSITORY);
if (options.help) process.stdout.write(HELP);
else await bench(options);

async function bench(options: Options): Promise<void> {
  if (options.setUp) execFileSync(process.execPath, [resolve(import.meta.dirname, 'set-up.mjs')], { stdio: 'inherit' });
  using scratch = new Scratch(options.dir);
  const builders = openBuilders(options, scratch);
  using ground = new Ground(scratch, options);
  const results = await runAll(options, builders, ground).finally(() => Promise.all(builders.map((builder) => builder.close?.())));
  const about = machine(options, builders);
  process.stdout.write(`${JSON.stringify(about)}\n\n${report(results)}\n`);
  mkdirSync(dirname(options.json), { recursive: true });
  writeFileSync(options.json, `${JSON.stringify({ ...about, ...asData(results) }, undefined, 2)}\n`);
  say(`Samples are in ${options.json}`);
  if (interrupted) process.exitCode = 130;
}

function openBuilders({ builders }: Options, scratch: Scratch): readonly Participant[] {
  const wanted = BUILDERS.filter(({ name }) => builders.length === 0 || builders.includes(name));
  return wanted.flatMap((kind) => {
    const reason = kind.whyAbsent();
    if (reason !== undefined) say(`Without ${kind.name}: ${reason}`);
    return reason === undefined ? [{ ...kind.open(scratch.dir('builders', kind.name)), isTransport: kind.isTransport ?? false }] : [];
  });
}

async function runAll(options: Options, builders: readonly Participant[], ground: Ground): Promise<Results> {
  const wanted = WORKLOADS.filter(({ id }) => isWanted(id, options.workloads));
  const possible = wanted.filter((workload) => {
    const reason = ground.whyNot(workload);
    if (reason !== undefined) say(`Without ${workload.id}: ${reason}`);
    return reason === undefined;
  });
  const measured: Measured[] = [];
  const onMeasured = (one: Measured) => {
    if (interrupted) return; // it was ended, or what it stood on was
    measured.push(one);
    tell(one);
  };
  const lines: Results['lines'][number][] = [];
  await ground.makeBases(
    new Set(['busybox', ...possible.flatMap(({ base, needs }) => (needs?.includes('debian') ? 'debian' : (base ?? [])))]),
  );
  for (const workload of possible) {
    if (interrupted) break;
    say(`${workload.id} ${workload.title}`);
    const opened = await workload.open(ground.siteOf(workload));
    for (const step of opened.steps) lines.push({ workload: workload.id, title: workload.title, step });
    for (let run = 0; run < options.runs && !interrupted; run++) {
      const task = { ground, workload, opened, run, onMeasured };
      await runWorkload(task, builders, () => interrupted);
    }
  }
  return { builders: builders.map(({ name }) => name), lines, measured };
}

function tell({ run, step, builder, limit, sample, problem }: Measured): void {
  const what = step === undefined ? limit : `${step}, ${builder}`;
  say(`  ${run + 1}: ${what}: ${sample === undefined ? '' : `${seconds(sample.wall)} s`}${problem === undefined ? '' : ` ${problem}`}`);
}

function machine({ runs, scale }: Options, builders: readonly Participant[]): object {
  const [first] = cpus();
  return {
    date: new Date().toISOString(),
    cpu: first?.model,
    cores: cpus().length,
    memory: totalmem(),
    kernel: release(),
    node: process.version,
    runs,
    scale,
    builders: Object.fromEntries(builders.map(({ name, version }) => [name, version])),
  };
}
