import { snapshotterContract } from '@varve/core/testing';
import test from 'ava';
import { Overlay2Driver } from '../../storage-overlay2/src/index.ts';
import { VfsDriver } from '../../storage-vfs/src/index.ts';
import { LayerSnapshotter } from '../src/index.ts';

snapshotterContract(test, {
  name: 'snapshot',
  open: (root, layers) => new LayerSnapshotter({ root, layers, granularity: 'step' }),
  drivers: {
    overlay2: { open: (root) => new Overlay2Driver(root), needs: ['linux', 'root'] },
    vfs: { open: (root) => new VfsDriver(root), needs: ['linux'] },
  },
});
