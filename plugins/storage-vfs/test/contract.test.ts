import { storageDriverContract } from '@varve/core/testing';
import test from 'ava';
import { open } from './fixtures/open.ts';

storageDriverContract(test, { name: 'vfs', open, needs: ['linux'], module: new URL('./fixtures/open.ts', import.meta.url).href });
