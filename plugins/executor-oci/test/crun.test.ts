import { executorContract } from '@varve/core/testing';
import test from 'ava';
import { found, open } from './fixtures/open-crun.ts';

const module = new URL('./fixtures/open-crun.ts', import.meta.url).href;
const missing = found.kind === 'found' ? undefined : found.reason;
executorContract(test, { name: 'crun', open, needs: ['linux', 'root'], module, missing });
