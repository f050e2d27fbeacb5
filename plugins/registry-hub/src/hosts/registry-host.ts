import { isIPv4, isIPv6 } from 'node:net';

/** Docker Hub's registry answers under another name than the one in references. */
export const apiHost = (host: string): string => (host === 'docker.io' ? 'registry-1.docker.io' : host);

/** 127.0.0.0/8, ::1 and localhost, with or without a port: nobody else can listen to what is said there. */
export function isLoopback(host: string): boolean {
  const name = hostName(host);
  return name === 'localhost' || name === '::1' || (isIPv4(name) && name.startsWith('127.'));
}

/** Whether a host may be talked to without TLS. */
export const isInsecure = (host: string, insecure: readonly string[]): boolean =>
  isLoopback(host) || insecure.includes(host) || insecure.includes(hostName(host));

/** Without port and brackets. */
function hostName(host: string): string {
  const bracketed = /^\[([^\]]*)\]/.exec(host)?.[1];
  if (bracketed !== undefined) return bracketed;
  return isIPv6(host) ? host : host.replace(/:\d+$/, '');
}
