import type { Toolbox } from './dockerfile-frontend.ts';
import type { DockerfileTools } from './language/tokens.ts';
import { lintDockerfile } from './lint-dockerfile.ts';
import { listTargets, outlineDockerfile } from './outline-dockerfile.ts';

export const createTools = (toolbox: Toolbox): DockerfileTools => ({
  check: (request) => lintDockerfile(request, toolbox),
  targets: (request) => listTargets(request, toolbox),
  outline: (request) => outlineDockerfile(request, toolbox),
});
