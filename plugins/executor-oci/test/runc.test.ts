import { executorContract } from '@varve/core/testing';
import test from 'ava';
import { found, open } from './fixtures/open-runc.ts';

const module = new URL('./fixtures/open-runc.ts', import.meta.url).href;
const missing = found.kind === 'found' ? undefined : found.reason;
executorContract(test, { name: 'runc', open, needs: ['linux', 'root'], module, missing });
