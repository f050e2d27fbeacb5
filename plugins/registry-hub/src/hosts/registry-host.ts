import { lookup } from 'node:dns/promises';
import { BlockList, isIP, isIPv6 } from 'node:net';

/** Docker Hub's registry answers under another name than the one in references. */
export const apiHost = (host: string): string => (host === 'docker.io' ? 'registry-1.docker.io' : host);

/** 127.0.0.0/8, ::1 and localhost, with or without a port: nobody else can listen to what is said there. */
export function isLoopback(host: string): boolean {
  const name = hostName(host);
  return name === 'localhost' || name === '::1' || LOOPBACK.test(name);
}
const LOOPBACK = /^127(?:\.(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}$/;

/**
 * Whether a host may be talked to without TLS: by its name, with or without its port, or by an address in a range (`10.1.0.0/16`). A name
 * is not looked up.
 */
export const isInsecure = (host: string, insecure: readonly string[]): boolean => isLoopback(host) || isListed(host, insecure);

const isListed = (host: string, insecure: readonly string[]): boolean =>
  insecure.includes(host) || insecure.includes(hostName(host)) || isInRanges(hostName(host), insecure);

/** Whether somebody listed the host, also by a range that one of its addresses lies in. A name that cannot be looked up is in none. */
export async function isListedInsecure(host: string, insecure: readonly string[]): Promise<boolean> {
  if (isListed(host, insecure)) return true;
  const name = hostName(host);
  if (isIP(name) !== 0 || !insecure.some((entry) => entry.includes('/'))) return false;
  const addresses = await lookup(name, { all: true }).catch(() => []);
  return addresses.some(({ address }) => isInRanges(address, insecure));
}

/** Whether an address lies in one of the ranges among these entries; other entries are passed over. */
export function isInRanges(address: string, entries: readonly string[]): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  const ranges = new BlockList();
  for (const entry of entries) {
    const [net = '', bits = ''] = entry.split('/');
    const length = Number(bits);
    if (isIP(net) === family && /^\d+$/.test(bits) && length <= (family === 4 ? 32 : 128)) ranges.addSubnet(net, length, familyName(net));
  }
  return ranges.check(address, familyName(address));
}
const familyName = (address: string): 'ipv4' | 'ipv6' => (isIPv6(address) ? 'ipv6' : 'ipv4');

/** Addresses that only mean something on the machine or the wire they are said on: metadata services of clouds listen there. */
export const isLinkLocal = (host: string): boolean => isInRanges(hostName(host), ['169.254.0.0/16', 'fe80::/10']);

/** Without port and brackets. An address of version 4 in the form of version 6 is that one. */
export function hostName(host: string): string {
  const bracketed = /^\[([^\]]*)\]/.exec(host)?.[1];
  const isLong = host.indexOf(':') !== host.lastIndexOf(':'); // of what is shorter Node need not ask, with a pattern that takes 3 ms to compile
  const name = bracketed ?? (isLong && isIPv6(host) ? host : host.replace(/:\d+$/, ''));
  const [, dotted, high, low] = /^::ffff:(?:([0-9.]+)|([0-9a-f]{1,4}):([0-9a-f]{1,4}))$/i.exec(name) ?? [];
  if (high === undefined || low === undefined) return dotted ?? name;
  const [first, second] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [first >> 8, first & 255, second >> 8, second & 255].join('.');
}

/** Addresses that a connection takes for this machine's own, besides loopback. */
export const isUnspecified = (host: string): boolean => isInRanges(hostName(host), ['0.0.0.0/8', '::/128']);
