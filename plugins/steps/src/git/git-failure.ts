import { VarveError } from '@varve/core';
import { printableUrl } from '../copy/printable-url.ts';
import type { GitSource } from './git-source.ts';

const DENIED = /terminal prompts disabled|could not read Username|Authentication failed|Permission denied|returned error: 40[13]/i;

export const failure = ({ url }: GitSource, complaint: string): VarveError =>
  new VarveError('GIT_FAILED', `failed to fetch remote ${printableUrl(url)}: ${complaint}`, {
    hint: DENIED.test(complaint)
      ? 'A private repository needs --ssh default, or its token: --secret id=GIT_AUTH_TOKEN,env=<name>'
      : 'Look whether the address is right and can be reached from here.',
  });
