import type { BuildEventBody, Plan } from '@varve/core';
import test from 'ava';
import { PlainReporter } from '../src/plain-reporter.ts';
import { configStep, output, place, planOf, stamp, TextSink } from './events.ts';

type Body = BuildEventBody & { readonly platform?: string };
function told(bodies: readonly Body[]): string {
  const sink = new TextSink();
  const reporter = new PlainReporter(sink, undefined);
  for (const event of stamp(bodies)) reporter.report(event);
  return sink.text;
}
const tells = test.macro((t, bodies: readonly Body[], expected: string) => {
  t.is(told(bodies), expected);
});

const planned: BuildEventBody = { type: 'planned', plan: planOf('stage-0') };
const a = place('RUN a');
const b = place('RUN b', 2);

test(
  'a step is its number, its place and what was written; its output has the time since it began',
  tells,
  [planned, { type: 'step-started', ...a }, output(a, 'hello\nwor'), output(a, 'ld\n'), { type: 'step-finished', ...a, key: 'k' }],
  '#1 [1/3] RUN a\n#1 0.100 hello\n#1 0.200 world\n#1 DONE 0.3s\n\n',
);
test('a cached step is one that says so', tells, [planned, { type: 'step-cached', ...a, key: 'k' }], '#1 [1/3] RUN a\n#1 CACHED\n\n');
test(
  'the last line is shown when it has no end',
  tells,
  [
    planned,
    { type: 'step-started', ...a },
    output(a, 'no end'),
    { type: 'step-failed', ...a, code: 'STEP_FAILED', message: 'exit code: 1' },
  ],
  '#1 [1/3] RUN a\n#1 0.200 no end\n#1 ERROR: exit code: 1\n\n',
);
test(
  'steps of stages that run beside each other are told apart by number and stage',
  tells,
  [
    { type: 'planned', plan: planOf('builder', 'stage-1') },
    { type: 'step-started', ...place('RUN a', 1, { stage: 'builder' }) },
    { type: 'step-started', ...place('RUN b', 1, { stage: 'stage-1' }) },
    output(place('RUN a', 1, { stage: 'builder' }), 'A\n'),
    output(place('RUN b', 1, { stage: 'stage-1' }), 'B\n', 'stderr'),
  ],
  '#1 [builder 1/3] RUN a\n#2 [stage-1 1/3] RUN b\n#1 0.200 A\n#2 0.200 B\n',
);
test(
  'a step that only changes the config is not shown',
  tells,
  [planned, { type: 'step-started', ...b, step: configStep('ENV A=b') }, { type: 'step-finished', ...b, step: configStep('ENV A=b') }],
  '',
);
test(
  'steps are counted without those that only change the config',
  tells,
  [
    { type: 'planned', plan: { target: 'x', stages: [{ name: 'x', base: { kind: 'scratch' }, steps: [configStep('ENV A=b'), a.step] }] } },
    { type: 'step-started', ...a, stage: 'x', index: 2, total: 2 },
  ],
  '#1 [x 1/1] RUN a\n',
);
test(
  'a step that was stopped because another failed is canceled, not wrong',
  tells,
  [planned, { type: 'step-started', ...a }, { type: 'step-failed', ...a, code: 'STEP_STOPPED', message: 'The step was stopped' }],
  '#1 [1/3] RUN a\n#1 CANCELED\n\n',
);
test(
  'a warning says where',
  tells,
  [{ type: 'warning', code: 'LegacyKeyValueFormat', message: 'use ENV a=b', source: { file: 'Dockerfile', startLine: 3, endLine: 3 } }],
  'WARNING Dockerfile:3: use ENV a=b (LegacyKeyValueFormat)\n',
);
test(
  'what a terminal would obey is taken out of output and titles',
  tells,
  [
    planned,
    { type: 'step-started', ...place('RUN \u001b[31mx\u0007') },
    output(a, '\u001b]0;title\u0007\u001b[31mred\u001b[0m\u0000\n10%\r90%\r\n'),
  ],
  '#1 [1/3] RUN x\n#1 0.100 red\n#1 0.100 90%\n',
);
test(
  'a transfer is told when it begins, when its status changes and when it is done',
  tells,
  [
    { type: 'transfer', id: 'l1', label: 'pulling x', status: 'downloading', current: 0, total: 2000 },
    { type: 'transfer', id: 'l1', label: 'pulling x', status: 'downloading', current: 1000, total: 2000 },
    { type: 'transfer', id: 'l1', label: 'pulling x', status: 'done', current: 2000, total: 2000 },
  ],
  '#1 pulling x l1 downloading 0B / 2.00kB\n#1 pulling x l1 done 2.00kB / 2.00kB\n',
);

test(
  'layers of an image are told under its number',
  tells,
  [
    { type: 'transfer', of: 'FROM a.test/x:1', id: 'l1', label: 'one', status: 'Pulling fs layer', current: 0, total: 2000 },
    { type: 'transfer', of: 'FROM a.test/x:1', id: 'l2', label: 'two', status: 'Already exists', total: 10 },
    { type: 'transfer', of: 'FROM a.test/x:1', id: 'l1', label: 'one', status: 'Verifying Checksum', current: 2000, total: 2000 },
    { type: 'transfer', of: 'FROM a.test/x:1', id: 'l1', label: 'one', status: 'Pull complete', current: 2000, total: 2000 },
    { type: 'transfer', id: 'l3', label: 'other', status: 'done' },
  ],
  [
    '#1 FROM a.test/x:1',
    '#1 one l1 Pulling fs layer 0B / 2.00kB',
    '#1 two l2 Already exists',
    '#1 one l1 Verifying Checksum 2.00kB / 2.00kB',
    '#1 one l1 Pull complete 2.00kB / 2.00kB',
    '#2 other l3 done',
    '',
  ].join('\n'),
);

test('a step that prints without end is clipped, and the rest is counted in no memory', (t) => {
  const line = `${'x'.repeat(1023)}\n`;
  const lots = Array.from({ length: 4000 }, () => output(a, line));
  const text = told([planned, { type: 'step-started', ...a }, ...lots, { type: 'step-finished', ...a, key: 'k' }]);
  t.true(text.length < 3_000_000);
  t.regex(text, /\[output clipped; all of it: not kept\]\n#1 DONE/);
});

const [amd64, arm64] = [{ platform: 'linux/amd64' }, { platform: 'linux/arm64' }];
const cross = (): Plan => {
  const [build, main] = planOf('build', 'stage-1').stages;
  if (build === undefined || main === undefined) throw new Error('planOf makes two stages');
  return { stages: [{ ...build, platform: { os: 'linux', architecture: 'amd64' } }, main], target: 'stage-1' };
};
const built = place('RUN a', 1, { stage: 'build' });
const last = place('RUN b', 2, { stage: 'stage-1' });
test(
  'steps of several platforms are told apart by platform, and say when they run on another',
  tells,
  [
    { ...amd64, type: 'planned', plan: cross() },
    { ...arm64, type: 'planned', plan: cross() },
    { ...amd64, type: 'step-started', ...built },
    { ...arm64, type: 'step-cached', ...built, key: 'k' },
    { ...arm64, type: 'step-started', ...last },
    { ...amd64, type: 'step-started', ...last },
    { ...arm64, ...output(last, 'A\n') },
  ],
  [
    '#1 [linux/amd64 build 1/3] RUN a',
    '#2 [linux/amd64->arm64 build 1/3] RUN a',
    '#2 CACHED',
    '',
    '#3 [linux/arm64 stage-1 2/3] RUN b',
    '#4 [linux/amd64 stage-1 2/3] RUN b',
    '#3 0.200 A',
    '',
  ].join('\n'),
);
