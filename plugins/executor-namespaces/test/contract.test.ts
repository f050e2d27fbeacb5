import { executorContract } from '@varve/core/testing';
import test from 'ava';
import { whyUnsupported } from '../src/probe.ts';
import { open } from './fixtures/open.ts';

const module = new URL('./fixtures/open.ts', import.meta.url).href;
executorContract(test, { name: 'namespaces', open, needs: ['linux', 'root'], module, missing: await whyUnsupported() });
