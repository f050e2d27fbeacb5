import { join } from 'node:path';
import { configFailure, namesIn, readIfThere } from './config-file.ts';
import type { Certificates } from './endpoint.ts';

/**
 * What `certs.d` says about a host, as docker and podman lay it out: `<dir>/<host:port>/*.crt` are authorities, `x.cert` beside `x.key` is
 * who we are. Authorities of all directories count; of who we are, the first.
 * @throws VarveError `REGISTRY_CONFIG` for one half of a pair without the other
 */
export async function readCertificates(dirs: readonly string[], hosts: readonly string[]): Promise<Certificates> {
  const authorities: string[] = [];
  let client: Certificates['client'];
  for (const folder of dirs.flatMap((dir) => hosts.map((host) => join(dir, host)))) {
    const names = await namesIn(folder);
    for (const name of names) {
      if (name.endsWith('.crt')) authorities.push(await authorityIn(join(folder, name)));
      else if (name.endsWith('.cert')) client ??= await pairOf(folder, name, names);
      else if (name.endsWith('.key') && !names.includes(name.replace(/key$/, 'cert')))
        throw configFailure(join(folder, name), `there is no ${name.replace(/key$/, 'cert')} beside it`);
    }
  }
  return { authorities: authorities.filter((text) => text !== ''), client };
}

/** OpenSSL passes over what is no certificate, and whoever put it there would not hear of it. */
async function authorityIn(file: string): Promise<string> {
  const text = (await readIfThere(file)) ?? '';
  if (text === '' || /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/.test(text)) return text;
  throw configFailure(file, 'there is no certificate in it');
}

async function pairOf(folder: string, name: string, names: readonly string[]): Promise<Certificates['client']> {
  const keyName = name.replace(/cert$/, 'key');
  if (!names.includes(keyName)) throw configFailure(join(folder, name), `there is no ${keyName} beside it`);
  const [cert, key] = [await readIfThere(join(folder, name)), await readIfThere(join(folder, keyName))];
  return cert === undefined || key === undefined ? undefined : { cert, key };
}
