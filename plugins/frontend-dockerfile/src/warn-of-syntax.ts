import type { FrontendRequest } from '@varve/core';
import { ownValue } from './lower/build-arguments.ts';
import { detectSyntax } from './parser/directives.ts';

/** Frontend images that speak this very language. */
const BUILT_IN = /^(?:docker\.io\/)?docker\/dockerfile(?:-upstream)?(?:[:@ ]|$)/;
/** Stands in place of what the file says. */
const OVERRIDE = 'BUILDKIT_SYNTAX';

/** Says that the frontend image which a file, or a build argument, asks for is not loaded. */
export function warnOfSyntax(text: string, file: string, request: Pick<FrontendRequest, 'args' | 'warn'>): void {
  const given = ownValue(request.args, OVERRIDE);
  const { ref, line } = given === undefined ? (detectSyntax(text) ?? { ref: '' }) : { ref: given };
  if (ref === '' || BUILT_IN.test(ref)) return;
  const message = `The frontend image ${ref.split(' ', 1)[0]} is not loaded: the file is read as docker/dockerfile:1`;
  const source = line === undefined ? undefined : { file, startLine: line, endLine: line };
  request.warn({ code: 'SyntaxIgnored', message, ...(source && { source }) });
}
