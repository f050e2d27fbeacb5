import { isIP } from 'node:net';
import type { ProcessSpec, PublishedPort } from '@varve/core';
import { usageError } from '@varve/core/command';

/** @throws VarveError `USAGE` */
export function readNetwork(text = 'default'): ProcessSpec['network'] {
  if (text === 'host' || text === 'none') return text;
  if (text === 'default' || text === 'bridge') return 'default';
  throw usageError(
    `network ${text} not found`,
    "There are default, host and none; networks of one's own would need a daemon that keeps them.",
  );
}

/** `name:address` or `name=address`. @throws VarveError `USAGE` */
export function readHosts(texts: readonly string[]): NonNullable<ProcessSpec['hosts']> {
  return texts.map((text) => {
    const [, name, given = ''] = /^([^:=\s]+)[:=](.+)$/.exec(text) ?? [];
    const address = given === 'host-gateway' ? '127.0.0.1' : given.replace(/^\[(.*)\]$/, '$1');
    if (name === undefined || isIP(address) === 0) throw usageError(`--add-host expects <name>:<address>, found ${JSON.stringify(text)}`);
    return [address, name] as const;
  });
}

/** `[address:][port[-port]:]port[-port][/protocol]`. @throws VarveError `USAGE` */
export function readPorts(texts: readonly string[]): readonly PublishedPort[] {
  return texts.flatMap((text) => {
    const [, address, host, container, protocol = 'tcp'] =
      /^(?:(\[[0-9a-fA-F:]+\]|\d+(?:\.\d+){3}):)?(?:(\d{0,5}(?:-\d{1,5})?):)?(\d{1,5}(?:-\d{1,5})?)(?:\/(tcp|udp))?$/.exec(text) ?? [];
    const inside = rangeOf(container);
    const outside = host === undefined || host === '' ? inside : rangeOf(host);
    if (inside === undefined || outside === undefined || inside.length !== outside.length)
      throw usageError(`--publish expects [<address>:][<port>:]<port>[/udp], found ${JSON.stringify(text)}`);
    return inside.map((containerPort, i) => ({
      protocol: protocol === 'udp' ? ('udp' as const) : ('tcp' as const),
      ...(address !== undefined && { address: address.replace(/^\[(.*)\]$/, '$1') }),
      port: outside[i] ?? containerPort,
      containerPort,
    }));
  });
}

function rangeOf(text: string | undefined): readonly number[] | undefined {
  const [first = 0, last = first] = (text ?? '').split('-').map(Number);
  if (first < 1 || last < first || last > 65535) return undefined;
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
