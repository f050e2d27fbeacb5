import type { ConfigStep } from '@varve/core';
import type { ContainerConfig } from '@varve/core/image';
import { stepScope } from '@varve/core/testing';
import test from 'ava';
import { configHandler } from '../src/config-handler.ts';

const patches = test.macro({
  async exec(t, before: ContainerConfig, patch: ConfigStep['patch'], after: ContainerConfig) {
    const result = await configHandler.execute({ kind: 'config', title: 'x', patch }, stepScope({ config: before }));
    t.deepEqual(result.kind === 'config' && result.config.config, after);
  },
  title: (claim = '') => claim,
});
test(
  'a variable keeps its place, a new one comes last',
  patches,
  { Env: ['A=1', 'B=2'] },
  { Env: ['C=3', 'A=9'] },
  { Env: ['A=9', 'B=2', 'C=3'] },
);
test('labels are merged', patches, { Labels: { a: '1', b: '2' } }, { Labels: { b: '3' } }, { Labels: { a: '1', b: '3' } });
test('other members are replaced', patches, { Cmd: ['a'], User: 'x' }, { Cmd: [] }, { Cmd: [], User: 'x' });
test('null clears a member', patches, { Cmd: ['a'], Entrypoint: ['b'] }, { Cmd: null, Entrypoint: ['c'] }, { Entrypoint: ['c'] });

test('the author stands beside the config', async (t) => {
  const result = await configHandler.execute({ kind: 'config', title: 'x', patch: {}, author: 'me' }, stepScope());
  t.is(result.kind === 'config' && result.config.author, 'me');
});

test('it is never cached', async (t) => {
  t.is(await configHandler.fingerprint({ kind: 'config', title: 'x', patch: {} }, stepScope()), undefined);
});
