// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a shell, not of this file

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type AnyPlugin, type BuildEvent, createKernel, definePlugin, type Plan, VarveError } from '@varve/core';
import { memoryStores, temporaryDir } from '@varve/core/testing';
import { dockerfile } from '@varve/frontend-dockerfile';
import { FLAGS, type FlagExtension, INSTRUCTIONS, LINT_RULES } from '@varve/frontend-dockerfile/api';
import test, { type ExecutionContext } from 'ava';
import { includePlugin } from './include-plugin/include.ts';

interface Planned {
  readonly plan: Plan | undefined;
  readonly warnings: readonly Extract<BuildEvent, { type: 'warning' }>[];
  readonly failure: VarveError | undefined;
}

/** What becomes of a file on a kernel with nothing but the frontend and these plugins; no step is run. */
async function planOf(
  t: ExecutionContext,
  files: Readonly<Record<string, string>>,
  plugins: readonly AnyPlugin[] = [includePlugin],
): Promise<Planned> {
  const context = temporaryDir(t);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(context, name)), { recursive: true });
    writeFileSync(join(context, name), text);
  }
  let plan: Plan | undefined;
  const warnings: Extract<BuildEvent, { type: 'warning' }>[] = [];
  const peek = definePlugin({
    name: 'peek',
    core: '*',
    apply({ hooks }) {
      hooks.event.tap(async (event) => {
        if (event.type === 'warning') warnings.push(event);
      });
      hooks.plan.tap(async (made) => {
        plan = made;
        throw new VarveError('PEEKED', 'seen');
      });
    },
  });
  await using kernel = createKernel({ root: '/nonexistent', plugins: [memoryStores(), dockerfile, ...plugins, peek] });
  const source = { file: 'Dockerfile', text: async () => files.Dockerfile ?? '' };
  const failure = await t.throwsAsync(kernel.build({ source, context }), { instanceOf: VarveError });
  return { plan, warnings, failure: failure?.code === 'PEEKED' ? undefined : failure };
}

const stepsOf = ({ plan }: Planned) => plan?.stages.at(-1)?.steps ?? [];

test('an instruction of another plugin becomes steps, with places in the file that it includes', async (t) => {
  const planned = await planOf(t, {
    Dockerfile: 'FROM scratch\nARG dir=parts\nINCLUDE $dir/common\nLABEL version=$VERSION',
    'parts/common': '# what all images have\nENV VERSION=1\n\nCOPY --note="the \\\n  licence" LICENCE /\n',
  });
  t.is(planned.failure, undefined);
  t.like(stepsOf(planned), {
    1: { kind: 'config', source: { file: 'parts/common', startLine: 2 }, patch: { Env: ['VERSION=1'] } },
    2: { kind: 'copy', source: { file: 'parts/common', startLine: 4, endLine: 5 }, history: { comment: 'the   licence' } },
    3: { kind: 'config', source: { file: 'Dockerfile', startLine: 4 }, patch: { Labels: { version: '1' } } },
  });
});

test('included files may include others', async (t) => {
  const planned = await planOf(t, { Dockerfile: 'FROM scratch\nINCLUDE a', a: 'include b\nUSER x', b: 'USER y' });
  t.deepEqual(
    stepsOf(planned).map(({ title, source }) => `${source?.file}:${source?.startLine} ${title}`),
    ['b:1 USER y', 'a:2 USER x'],
  );
});

const fails = test.macro({
  async exec(t, files: Readonly<Record<string, string>>, code: string, message: string, place: string) {
    const { failure } = await planOf(t, files);
    t.is(failure?.code, code);
    t.is(failure?.message, message);
    t.is(`${failure?.source?.file}:${failure?.source?.startLine}`, place);
  },
  title: (title) => title ?? '',
});
test(
  'a mistake in an included file is told with its place there',
  fails,
  { Dockerfile: 'FROM scratch\nINCLUDE a', a: '\nCOPY --frm=x y z' },
  'FRONTEND_SYNTAX',
  'dockerfile parse error on line 2: unknown flag: --frm (did you mean from?)',
  'a:2',
);
test(
  'what an included file expands wrongly is told with its place there',
  fails,
  { Dockerfile: 'FROM scratch\nINCLUDE a', a: 'USER x\nUSER ${y' },
  'FRONTEND_EXPANSION',
  'failed to process "${y": syntax error: missing \'}\'',
  'a:2',
);
test(
  'a file that includes itself is an error',
  fails,
  { Dockerfile: 'FROM scratch\nINCLUDE a', a: 'USER x\nINCLUDE a' },
  'FRONTEND_LIMIT',
  'texts are included more than 20 deep',
  'a:2',
);
test(
  'FROM cannot be included into a stage',
  fails,
  { Dockerfile: 'FROM scratch\nINCLUDE a', a: 'FROM scratch' },
  'FRONTEND_SYNTAX',
  'dockerfile parse error on line 1: FROM cannot stand in the middle of a stage',
  'a:1',
);
test(
  'the instruction says itself what is wrong with it',
  fails,
  { Dockerfile: 'FROM scratch\nINCLUDE a b' },
  'FRONTEND_SYNTAX',
  'dockerfile parse error on line 2: INCLUDE requires exactly one argument, got 2',
  'Dockerfile:2',
);
test(
  'what it cannot do here has its place',
  fails,
  { Dockerfile: 'FROM scratch\n\nINCLUDE a' },
  'FRONTEND_SYNTAX',
  'the build context has no file a',
  'Dockerfile:3',
);
test(
  'it has its own flags',
  fails,
  { Dockerfile: 'FROM scratch\nINCLUDE --optinal a' },
  'FRONTEND_SYNTAX',
  'dockerfile parse error on line 2: unknown flag: --optinal (did you mean optional?)',
  'Dockerfile:2',
);
test(
  'its keyword is suggested',
  fails,
  { Dockerfile: 'FROM scratch\nINCLUD a' },
  'FRONTEND_SYNTAX',
  'dockerfile parse error on line 2: unknown instruction: INCLUD (did you mean INCLUDE?)',
  'Dockerfile:2',
);

test('its flags change what it does', async (t) => {
  const planned = await planOf(t, { Dockerfile: 'FROM scratch\nINCLUDE --optional a' });
  t.is(planned.failure, undefined);
  t.deepEqual(stepsOf(planned), []);
});

test('rules look into included files, and those of other plugins are silenced as all are', async (t) => {
  const planned = await planOf(t, {
    Dockerfile: 'FROM scratch\nARG a=a\nINCLUDE $a\n# check=skip=FixedInclude\nINCLUDE $a',
    a: 'CMD x\nMAINTAINER y',
  });
  t.deepEqual(
    planned.warnings.map(({ code, source }) => `${code} ${source?.file}:${source?.startLine}`),
    [
      'FixedInclude Dockerfile:3',
      'JSONArgsRecommended a:1',
      'JSONArgsRecommended a:1',
      'MultipleInstructionsDisallowed a:1',
      'MaintainerDeprecated a:2',
      'MaintainerDeprecated a:2',
    ],
  );
});

test('without the plugin its instruction and flag are unknown', async (t) => {
  const messageOf = async (text: string) => (await planOf(t, { Dockerfile: `FROM scratch\n${text}` }, [])).failure?.message;
  t.is(await messageOf('INCLUDE a'), 'dockerfile parse error on line 2: unknown instruction: INCLUDE');
  t.is(await messageOf('COPY --note=x a b'), 'dockerfile parse error on line 2: unknown flag: --note');
});

const clash = test.macro({
  async exec(t, plugin: AnyPlugin, message: string) {
    const { failure } = await planOf(t, { Dockerfile: 'FROM scratch\nCOPY a b' }, [includePlugin, plugin]);
    t.is(failure?.code, 'FRONTEND_EXTENSION');
    t.is(failure?.message, message);
  },
  title: (title) => title ?? '',
});
const adding = (apply: AnyPlugin['apply']) => definePlugin({ name: 'other', core: '*', apply });
const nothing = async () => [];
const flag = (instruction: string, name: string): FlagExtension => ({ instruction, name, type: 'boolean', apply: nothing });
test(
  'two plugins with one instruction are refused',
  clash,
  adding(({ contribute }) =>
    contribute(INSTRUCTIONS, [], () => ({ keyword: 'INCLUDE', usage: '', form: 'text' as const, lower: nothing })),
  ),
  'there already is an instruction INCLUDE',
);
test(
  "Docker's instructions cannot be replaced",
  clash,
  adding(({ contribute }) => contribute(INSTRUCTIONS, [], () => ({ keyword: 'RUN', usage: '', form: 'text' as const, lower: nothing }))),
  'there already is an instruction RUN',
);
test(
  'two plugins with one flag are refused',
  clash,
  adding(({ contribute }) => contribute(FLAGS, [], () => flag('COPY', 'note'))),
  'two plugins bring COPY --note',
);
test(
  "Docker's flags cannot be replaced",
  clash,
  adding(({ contribute }) => contribute(FLAGS, [], () => flag('COPY', 'from'))),
  'COPY already has a flag --from',
);
test(
  'a flag is for an instruction that there is',
  clash,
  adding(({ contribute }) => contribute(FLAGS, [], () => flag('EXCLUDE', 'x'))),
  '--x is for EXCLUDE, which is no instruction',
);
test(
  'two rules with one name are refused',
  clash,
  adding(({ contribute }) => contribute(LINT_RULES, [], () => ({ name: 'FixedInclude', description: '' }))),
  'there already is a rule FixedInclude',
);
