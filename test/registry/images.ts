import { createCipheriv } from 'node:crypto';
import { asLayerID, composeLayer, digestOf, type Image, type Layer, makeImage } from '@varve/core/image';
import { entry, fixtureIndex } from '@varve/core/testing';

/** Bytes that no compression makes smaller, the same each time. */
const noise = (seed: string, size: number): Buffer =>
  createCipheriv('aes-256-ctr', Buffer.alloc(32, seed), Buffer.alloc(16)).update(Buffer.alloc(size));

/** A layer with one file that is as large compressed as it is. */
export const noiseLayer = (name: string, size: number): Layer =>
  composeLayer(asLayerID(digestOf(name)), fixtureIndex([entry.dir('data'), entry.file(`data/${name}`, size)]), () => ({
    kind: 'bytes',
    bytes: noise(name, size),
  }));

const TIME = '2001-09-09T01:46:40Z';
export const imageOf = (layers: readonly Layer[], architecture = 'amd64'): Image =>
  makeImage({
    config: {
      os: 'linux',
      architecture,
      created: TIME,
      config: { Cmd: ['/bin/sh'] },
      history: layers.map(() => ({ created: TIME, created_by: 'test' })),
    },
    layers,
  });

/** Bytes of the larger layer of `sampleImage`. */
export const BIG = 600_000;
export const sampleImage = (): Image => imageOf([noiseLayer('small', 3000), noiseLayer('big', BIG)]);
