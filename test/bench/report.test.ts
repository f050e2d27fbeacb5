import test from 'ava';
import { isWanted, readOptions } from './options.ts';
import { fastestPeer, growthOf, report, timesLimit } from './report.ts';
import type { Measured } from './run-workload.ts';
import { renderTable } from './table.ts';

const sample = (wall: number) => ({ wall, cpu: wall / 2, resident: 100 * 2 ** 20, anonymous: 50 * 2 ** 20 });
const of = (builder: string, walls: readonly number[]): readonly Measured[] =>
  walls.map((wall, run) => ({ workload: 'W1', step: 'cold', builder, run, sample: sample(wall) }));
const limit = (name: string, walls: readonly number[]): readonly Measured[] =>
  walls.map((wall, run) => ({ workload: 'W1', limit: name, run, sample: sample(wall) }));

const measured: readonly Measured[] = [
  ...of('varve', [0.2, 0.4]),
  ...of('podman', [0.4, 0.8]),
  ...of('buildah', [0.8, 1.6]),
  ...limit('start', [0.04, 0.08]),
  ...limit('mount', [0.01, 0.02]),
];
const step = { name: 'cold', run: () => [], goal: 0.4, limit: { start: 1, mount: 6 } };

test('the fastest of the others is compared with, never varve itself', (t) => {
  const fastest = fastestPeer(measured, { workload: 'W1', step: 'cold' }, ['varve', 'podman', 'buildah']);
  t.is(fastest?.name, 'podman');
  t.is(fastest?.ratio, 0.5);
});

test('a limit may be a sum of several, each as often as it is needed', (t) => {
  t.is(timesLimit(measured, 'W1', step), 2);
});

test('the report has a line for each step: figures, ratio, goal, multiple of the limit', (t) => {
  const lines = report({ builders: ['varve', 'podman'], lines: [{ workload: 'W1', title: 'hello', step }], measured }).split('\n');
  t.regex(
    lines[2] ?? '',
    /^\| W1 hello: cold \| 0\.300 · 0\.15 · 100 \| 0\.600 · 0\.30 · 100 \(0\.50\) \| {2}0\.50 \| podman \| ≤ 0\.4 ✗ \|\s+2\.00 \|/,
  );
});

test('growth is the exponent of time over size', (t) => {
  const large = { name: 'large', run: () => [], grows: { from: 'cold', factor: 8 } };
  const grown = [...of('varve', [0.1]), ...of('varve', [0.8]).map((one) => ({ ...one, step: 'large' }))];
  t.is(growthOf(grown, 'W1', large)?.exponent, 1);
  const lines = [{ workload: 'W1', title: 'hello', step: large }];
  t.regex(report({ builders: ['varve'], lines, measured: grown }), /^\| cold → large +\| 1\.00 \| 1\.00 \| +100 → 100 \|$/m);
});

test('what failed is listed and leaves a dash', (t) => {
  const failed: Measured = { workload: 'W1', step: 'cold', builder: 'podman', run: 0, problem: 'out of luck' };
  const text = report({
    builders: ['varve', 'podman'],
    lines: [{ workload: 'W1', title: 'hello', step }],
    measured: [...of('varve', [1]), failed],
  });
  t.regex(text, /\| +1\.00 · 0\.50 · 100 \| +– \|/);
  t.regex(text, /^W1 cold, podman, run 1: out of luck$/m);
});

test('columns are as wide as their widest cell', (t) => {
  t.is(renderTable(['name', 'n'], [['a', '1000']]), '| name |    n |\n| ---- | ---: |\n| a    | 1000 |');
});

test('workloads may be named with --only, and runs are rounds', (t) => {
  const { workloads, runs } = readOptions(['W1', '--only', 'W2,W7', '--rounds', '5'], '/');
  t.deepEqual(workloads, ['W1', 'W2', 'W7']);
  t.is(runs, 5);
});

test('W3 stands for its variants, and W1 not for W10', (t) => {
  t.true(isWanted('W3r', ['w3']));
  t.true(isWanted('W10', []));
  t.false(isWanted('W10', ['W1']));
  t.false(isWanted('W3r', ['W3t']));
});

test('numbers of options must be above zero', (t) => {
  t.is(readOptions(['W1', '--scale', '0.5'], '/repo').scale, 0.5);
  t.throws(() => readOptions(['--runs', 'many'], '/repo'), { message: /--runs needs a number above 0, got "many"/ });
});
