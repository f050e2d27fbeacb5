import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Certificate {
  /** Files, in PEM. */
  readonly cert: string;
  readonly key: string;
}

const openssl = (args: readonly string[]): void => void execFileSync('openssl', args, { stdio: 'ignore' });
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** An authority, or a certificate that vouches for itself. */
export function selfSigned(dir: string, name: string): Certificate {
  const [cert, key] = [join(dir, `${name}.crt`), join(dir, `${name}.key`)];
  openssl(['req', '-x509', ...NEW_KEY, '-days', '2', '-subj', `/CN=${name}`, '-keyout', key, '-out', cert]);
  return { cert, key };
}

/** A certificate that an authority vouches for, for loopback. */
export function signedBy(authority: Certificate, dir: string, name: string): Certificate {
  const [cert, key, request, extensions] = ['crt', 'key', 'csr', 'ext'].map((end) => join(dir, `${name}.${end}`)) as [
    string,
    string,
    string,
    string,
  ];
  openssl(['req', ...NEW_KEY, '-subj', `/CN=${name}`, '-keyout', key, '-out', request]);
  writeFileSync(extensions, 'subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth,clientAuth\n');
  const by = ['-CA', authority.cert, '-CAkey', authority.key, '-CAcreateserial'];
  openssl(['x509', '-req', '-in', request, ...by, '-days', '2', '-extfile', extensions, '-out', cert]);
  return { cert, key };
}

export const contentsOf = ({ cert, key }: Certificate): Certificate => ({
  cert: readFileSync(cert, 'utf8'),
  key: readFileSync(key, 'utf8'),
});
