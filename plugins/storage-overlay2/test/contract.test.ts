import { storageDriverContract } from '@varve/core/testing';
import test from 'ava';
import { open } from './fixtures/open.ts';

storageDriverContract(test, {
  name: 'overlay2',
  open,
  needs: ['linux', 'root'],
  module: new URL('./fixtures/open.ts', import.meta.url).href,
});
