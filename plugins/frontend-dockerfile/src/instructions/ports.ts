import { isIP } from 'node:net';
import { VarveError } from '@varve/core';
import { quote } from '../parser/text.ts';

/** One word of EXPOSE as `port/protocol` keys of the config; ranges give one for each port. Addresses and host ports are read over. */
export function expandPorts(word: string): readonly string[] {
  const parts = word.split(':');
  const [port = '', protocol = ''] = splitOnce(parts.pop() ?? '', '/');
  const hostPort = parts.pop() ?? '';
  const suffix =
    readProtocol(port, protocol) ??
    fail(`invalid port: ${quote(word)}: ${port === '' ? 'no port specified' : `invalid proto: ${protocol}`}`);
  refuseAddress(parts.join(':'));
  const [first, last] = readRange(port) ?? fail(`invalid containerPort: ${port}`);
  if (hostPort !== '') refuseHostPorts({ hostPort, port, count: last - first });
  return Array.from({ length: last - first + 1 }, (_, offset) => `${first + offset}/${suffix}`);
}

function splitOnce(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function readProtocol(port: string, text: string): string | undefined {
  const protocol = text.toLowerCase() || 'tcp';
  return port !== '' && ['tcp', 'udp', 'sctp'].includes(protocol) ? protocol : undefined;
}

function readRange(text: string): readonly [number, number] | undefined {
  const [first = Number.NaN, last = first, ...others] = text.split('-').map(readPort);
  return others.length === 0 && first <= last ? [first, last] : undefined;
}

const readPort = (text: string): number => (/^\d+$/.test(text) && Number(text) <= 65_535 ? Number(text) : Number.NaN);

function refuseAddress(address: string): void {
  const bare = /^\[(.*)\]$/.exec(address)?.[1] ?? address;
  if (bare !== '' && isIP(bare) === 0) fail(`invalid IP address: ${bare}`);
}

function refuseHostPorts({ hostPort, port, count }: { hostPort: string; port: string; count: number }): void {
  const [first, last] = readRange(hostPort) ?? fail(`invalid hostPort: ${hostPort}`);
  if (last - first !== count && count > 0) fail(`invalid ranges specified for container and host Ports: ${port} and ${hostPort}`);
}

function fail(message: string): never {
  throw new VarveError('FRONTEND_SYNTAX', message, { hint: 'EXPOSE <port>[-<port>][/tcp|udp|sctp]' });
}
