// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a variable of the Dockerfile
import { expandWord, parseDockerfile } from '@varve/frontend-dockerfile/api';

const { stages } = parseDockerfile(`
FROM alpine AS build
COPY --chown=1000 src/ /src/
RUN make -C /src
`);

export const outline = stages.map(({ from, instructions }) => [from.name, ...instructions.map(({ kind }) => kind)]);

export const archive = expandWord('app-${VERSION#v}.tar', new Map([['VERSION', 'v1.2']])).value;
