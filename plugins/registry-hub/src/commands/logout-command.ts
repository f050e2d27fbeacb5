import type { Command } from '@varve/core';
import { textOf, usageError } from '@varve/core/command';
import { eraseLogin, serverKey } from '../auth/credential-store.ts';
import { credentialFiles, fileCredentials } from '../auth/credentials.ts';
import type { Hub } from './access.ts';
import { loginFile, serverOf } from './login-place.ts';

/** `varve logout`: forgets who you are on a registry. */
export const logoutCommand = ({ options }: Hub): Command => ({
  name: 'logout',
  summary: 'Log out from a registry',
  usage: '[<registry>]',
  options: { authfile: { type: 'string', value: '<file>', description: 'Credentials are in this file, not in the usual ones' } },
  async run({ values, positionals, stdout, stderr }) {
    if (positionals.length > 1) throw usageError(`Expected one registry, found ${positionals.length}`, 'varve logout [<registry>]');
    const host = serverOf(positionals[0]);
    const file = loginFile(options, textOf(values, 'authfile'));
    const had = await eraseLogin(file, host);
    stdout.write(had ? `Removing login credentials for ${serverKey(host)}\n` : `Not logged in to ${serverKey(host)}\n`);
    const rest =
      textOf(values, 'authfile') === undefined ? await fileCredentials(options.credentials ?? credentialFiles())(host, '') : undefined;
    if (rest !== undefined) stderr.write(`WARNING! There are still credentials for ${host} in ${rest.source}.\n`);
    return 0;
  },
});
