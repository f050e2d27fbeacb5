import type { BuildRequest, Plan, RunStep } from '@varve/core';
import test from 'ava';
import { refuseUnallowed } from '../src/run/entitlements.ts';
import { run } from './run-bench.ts';

const planOf = (step: Partial<RunStep>): Plan => ({
  target: 'a',
  stages: [{ name: 'a', base: { kind: 'scratch' }, steps: [run('true', step)] }],
});
const requestOf = (more: Partial<BuildRequest>): BuildRequest => ({ source: { file: 'Dockerfile', text: async () => '' }, ...more });

const passes = test.macro({
  exec(t, step: Partial<RunStep>, request: Partial<BuildRequest> = {}) {
    t.notThrows(() => refuseUnallowed(planOf(step), requestOf(request)));
  },
  title: (_, step, request = {}) => `${JSON.stringify(step)} is allowed with ${JSON.stringify(request)}`,
});
const fails = test.macro({
  exec(t, step: Partial<RunStep>, message: string, request: Partial<BuildRequest> = {}) {
    const error = t.throws(() => refuseUnallowed(planOf(step), requestOf(request)), { code: 'RUN_NOT_ALLOWED', message });
    t.like(error, { source: { startLine: 2 } });
  },
  title: (_, step, __, request = {}) => `${JSON.stringify(step)} is refused with ${JSON.stringify(request)}`,
});

const DEVICE = { devices: [{ name: 'v.com/gpu=0', required: false }] };
test(passes, {});
test(passes, { network: 'none' });
test(fails, { network: 'host' }, 'network.host is not allowed');
test(fails, { network: 'host' }, 'network.host is not allowed', { run: { network: 'none' }, allow: ['security.insecure'] });
test(passes, { network: 'host' }, { allow: ['network.host'] });
test(passes, { network: 'host' }, { run: { network: 'host' } });
test(fails, { security: 'insecure' }, 'security.insecure is not allowed', { run: { network: 'host' } });
test(passes, { security: 'insecure' }, { allow: ['security.insecure'] });
test(passes, { security: 'sandbox' });
test(fails, DEVICE, 'device v.com/gpu=0 is requested by the build but not allowed', { allow: ['device=v.com/gpu=1'] });
test(passes, DEVICE, { allow: ['device'] });
test(passes, DEVICE, { allow: ['device=v.com/gpu=0'] });
