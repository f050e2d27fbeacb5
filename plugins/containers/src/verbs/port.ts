import { type Invocation, VarveError } from '@varve/core';
import { usageError } from '@varve/core/command';
import { portBindings } from '../describe/inspect-container.ts';
import type { Engine } from '../engine.ts';
import { findContainer } from '../state/find-container.ts';

export async function port({ store }: Engine, { positionals, stdout }: Invocation): Promise<number> {
  const [text, wanted, ...others] = positionals;
  if (text === undefined || others.length > 0)
    throw usageError('Expected a container and perhaps a port', 'varve port <container> [<port>[/udp]]');
  const record = findContainer(store.containers, text);
  const key = wanted === undefined || wanted.includes('/') ? wanted : `${wanted}/tcp`;
  const found = portBindings(record.spec).filter(([name]) => key === undefined || name === key);
  if (key !== undefined && found.length === 0) throw new VarveError('CONTAINER_PORT', `no public port '${wanted}' published for ${text}`);
  for (const [name, bindings] of found)
    for (const { HostIp, HostPort } of bindings) {
      const address = `${HostIp === '' ? '0.0.0.0' : HostIp.includes(':') ? `[${HostIp}]` : HostIp}:${HostPort}`;
      stdout.write(key === undefined ? `${name} -> ${address}\n` : `${address}\n`);
    }
  return 0;
}
