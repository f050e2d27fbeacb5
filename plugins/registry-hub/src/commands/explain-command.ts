import type { Command } from '@varve/core';
import { isOn, usageError } from '@varve/core/command';
import { formatReference, parseReference, withDefaultTag } from '@varve/core/image';
import type { Endpoint } from '../hosts/endpoint.ts';
import { proxyFor } from '../http/proxy.ts';
import { securityOf } from '../http/requester.ts';
import { ACCESS_OPTIONS, type Access, type Hub, openRequester, readAccess } from './access.ts';

/** One place that is asked for an image. No member is a secret. */
interface Explained {
  readonly kind: 'mirror' | 'registry';
  readonly address: string;
  /** `optional`: TLS with any certificate, or plain HTTP where none is spoken. */
  readonly tls: Endpoint['tls'];
  /** Somebody named authorities for this host. */
  readonly ownAuthorities: boolean;
  readonly serves: readonly ('tags' | 'digests')[];
  readonly proxy: string | undefined;
  readonly credentials:
    | {
        readonly user: string;
        readonly file?: string | undefined;
        readonly member?: string | undefined;
        readonly source?: string | undefined;
      }
    | undefined;
  /** Who says that this place is asked. */
  readonly saidBy: string;
}

/** `varve registry explain`: where an image would come from, and as whom it would be asked for. Nothing is asked. */
export const explainCommand = (hub: Hub): Command => ({
  name: 'registry explain',
  summary: 'Say where an image would come from, and as whom it is asked for',
  usage: '<image>',
  options: { json: { type: 'boolean', description: 'As JSON' }, ...ACCESS_OPTIONS },
  async run(invocation) {
    const { values, positionals, stdout } = invocation;
    const [text, ...rest] = positionals;
    if (text === undefined || rest.length > 0)
      throw usageError(`Expected one image, found ${positionals.length}`, 'varve registry explain <image>');
    const reference = withDefaultTag(parseReference(text));
    if (reference.transport !== 'docker') throw usageError(`${JSON.stringify(text)} is in no registry`);
    const access = await readAccess(hub, reference.host, invocation);
    await using opened = openRequester(access);
    const places: Explained[] = [];
    for (const endpoint of await opened.hosts.endpoints(reference))
      places.push(await explain(endpoint, { access, ownAuthorities: await opened.http.isPinned(securityOf(endpoint)) }));
    const whole = formatReference(reference);
    if (isOn(values, 'json')) stdout.write(`${JSON.stringify({ reference: whole, places }, undefined, 2)}\n`);
    else stdout.write(`${whole} is asked for, in this order:\n${places.map((place, i) => inWords(place, i + 1)).join('')}`);
    return 0;
  },
});

interface Explaining {
  readonly access: Access;
  readonly ownAuthorities: boolean;
}

async function explain(endpoint: Endpoint, { access, ownAuthorities }: Explaining): Promise<Explained> {
  const { api, path, prefix, tls, serves, isMirror, source, host } = endpoint;
  const url = new URL(`${tls === 'none' ? 'http' : 'https'}://${api}${prefix}/${path}`);
  const proxy = proxyFor(url, process.env);
  const found = await access.find(host, path);
  return {
    kind: isMirror ? 'mirror' : 'registry',
    address: url.href,
    tls,
    ownAuthorities,
    serves: [...(serves.tags ? (['tags'] as const) : []), ...(serves.digests ? (['digests'] as const) : [])],
    proxy: proxy && `${proxy.protocol}//${proxy.host}`,
    credentials: found && {
      user: found.kind === 'token' ? '<token>' : found.username,
      source: found.source,
      file: found.file,
      member: found.member,
    },
    saidBy: source,
  };
}

const TLS: Readonly<Record<Endpoint['tls'], string>> = {
  verified: 'verified',
  unverified: 'with any certificate',
  optional: 'with any certificate, or plain HTTP if that is what is spoken',
  none: 'none: plain HTTP',
};

function inWords({ kind, address, tls, ownAuthorities, serves, proxy, credentials, saidBy }: Explained, number: number): string {
  const lines = [
    ['TLS', `${tls !== 'none' && ownAuthorities ? TLS.verified : TLS[tls]}${ownAuthorities ? ' (with authorities of its own)' : ''}`],
    ...(serves.length < 2 ? [['asked for', serves.join(' and ') || 'nothing']] : []),
    ['proxy', proxy ?? 'none'],
    ['credentials', credentials === undefined ? 'none: anonymous' : whose(credentials)],
    ['because of', saidBy],
  ];
  return `${number}. ${address} (${kind})\n${lines.map(([name = '', value]) => `   ${`${name}:`.padEnd(13)}${value}\n`).join('')}`;
}

function whose({ user, file, member, source }: NonNullable<Explained['credentials']>): string {
  const helper = source === undefined || source === file ? '' : ` by ${source}`;
  return `${user}${helper}${file === undefined ? '' : `, from ${member} of ${file}`}`;
}
