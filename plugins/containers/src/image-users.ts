import type { ImageUsers } from '@varve/core';
import { shortId } from '@varve/core/command';
import { isUp } from './describe/status.ts';
import type { ContainerStore } from './engine.ts';

/** Containers need the image that they were made of for as long as they are there. */
export const containerUsers = ({ containers }: ContainerStore): ImageUsers => ({
  of: async ({ descriptor }) =>
    containers.ofImage(descriptor.digest).map((record) => ({ name: `container ${shortId(record.id)}`, isActive: isUp(record) })),
});
