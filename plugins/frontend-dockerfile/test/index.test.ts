import { createKernel, definePlugin, type Plan, VarveError } from '@varve/core';
import { memoryStores } from '@varve/core/testing';
import test from 'ava';
import { dockerfile } from '../src/index.ts';

/** Ends a build as soon as there is a plan. */
const peek = (see: (plan: Plan) => void) =>
  definePlugin({
    name: 'peek',
    core: '*',
    apply({ hooks }) {
      hooks.plan.tap(async (plan) => {
        see(plan);
        throw new VarveError('PEEKED', 'seen');
      });
    },
  });

test('a kernel with this plugin plans Dockerfiles', async (t) => {
  let seen: Plan | undefined;
  const see = (plan: Plan) => {
    seen = plan;
  };
  await using kernel = createKernel({ root: '/nonexistent', plugins: [memoryStores(), dockerfile, peek(see)] });
  const source = { file: 'Dockerfile', text: async () => 'FROM scratch AS a\nLABEL b=c' };
  const error = await t.throwsAsync(kernel.build({ source }), { instanceOf: VarveError });
  t.is(error?.code, 'PEEKED', error?.message);
  t.like(seen, { target: 'a', stages: [{ name: 'a', steps: [{ kind: 'config' }] }] });
});

test('a mistake in a Dockerfile is told with its place', async (t) => {
  await using kernel = createKernel({ root: '/nonexistent', plugins: [memoryStores(), dockerfile] });
  const error = await t.throwsAsync(kernel.build({ source: { file: 'Dockerfile', text: async () => '\nFFOM x' } }));
  t.like(error, { code: 'FRONTEND_SYNTAX', source: { file: 'Dockerfile', startLine: 2, endLine: 2 } });
});
