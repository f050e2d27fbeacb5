// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a shell, not of this file
// node --conditions=varve-source test/bench/dockerfile.bench.ts
//
// How long a Dockerfile of 5,000 lines takes to be read, checked and planned in a process that has read none before. Each measurement is a
// process of its own; `reference` is a loop of known work (about 30 ms where nothing else runs) just before and after: where it is far from
// that, others were at work and the figures say little.
import { execFileSync } from 'node:child_process';
import { lintDockerfile } from '@varve/frontend-dockerfile/api';

const TIMES = 9;
const GOAL = 100;
/** What the launcher tells V8. */
const AS_THE_COMMAND_LINE = ['--semi-space-growth-factor=1', '--heap-growing-percent=100'];

const LINES = 'RUN apt-get update && apt-get install -y x=${Y}\nENV A=b C="d e" P=$PATH:/x\nCOPY --chown=1:2 a b$Y /c/\n';
const text = `ARG Y=1\nFROM a\nARG Y\n${LINES.repeat(1666)}`;

function reference(): number {
  const started = performance.now();
  let value = 0;
  for (let at = 0; at < 20_000_000; at++) value = (Math.imul(value, 31) + at) | 0;
  return value === 1 ? 0 : performance.now() - started;
}

async function measure(): Promise<void> {
  globalThis.gc?.(); // what loading the sources left behind is not the file's
  reference();
  const before = reference();
  const started = performance.now();
  // nothing is built, but all is planned: the rules look on while it is
  const { error } = await lintDockerfile({ text });
  const took = performance.now() - started;
  if (error !== undefined) throw error;
  process.stdout.write(JSON.stringify({ took, loop: (before + reference()) / 2 }));
}

interface Run {
  readonly took: number;
  readonly loop: number;
}

function report(): void {
  const runs = Array.from(
    { length: TIMES },
    (): Run =>
      JSON.parse(
        execFileSync(process.execPath, [...process.execArgv, ...AS_THE_COMMAND_LINE, '--expose-gc', import.meta.filename, 'measure'], {
          encoding: 'utf8',
        }),
      ),
  );
  const show = ([best = 0, ...others]: readonly number[]) =>
    `best ${best.toFixed(0)} ms, median ${others[Math.floor(TIMES / 2) - 1]?.toFixed(0)} ms`;
  const sorted = (of: (run: Run) => number) => runs.map(of).sort((a, b) => a - b);
  const lines = [
    `${text.split('\n').length - 1} lines, cold, of ${TIMES} runs`,
    `  took       ${show(sorted(({ took }) => took))}; the goal is ${GOAL} ms`,
    `  reference  ${show(sorted(({ loop }) => loop))}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

if (process.argv[2] === 'measure') await measure();
else report();
