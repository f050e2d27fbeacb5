import type { BuildSource, Frontend, FrontendRequest, Plan } from '@varve/core';
import { parseDockerfile } from './instructions/parse-dockerfile.ts';
import { lowerDockerfile } from './lower/lower-dockerfile.ts';

/** Reads Dockerfiles. */
export const dockerfileFrontend: Frontend = {
  name: 'dockerfile',
  async parse(source: BuildSource, request: FrontendRequest): Promise<Plan> {
    return await lowerDockerfile(parseDockerfile(await source.text(), source.file), request);
  },
};
