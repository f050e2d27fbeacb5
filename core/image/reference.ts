import { VarveError } from '../src/errors.ts';
import { type Digest, parseDigest } from './digest.ts';
import { quote } from './quote.ts';

/**
 * What an image is called by: a name in a registry, or a place in another transport (`oci-layout://dir`, `docker-archive:file.tar`).
 * `name` is whole (`docker.io/library/busybox`), also where the user wrote the short form.
 */
export interface ImageReference {
  /** `docker` for names; otherwise the word before the colon. */
  readonly transport: string;
  /** `host/path` without tag and digest; for other transports everything after the colon. */
  readonly name: string;
  /** Registry host with port, `docker.io` by default; empty for other transports. */
  readonly host: string;
  /** Repository path in the registry; empty for other transports. */
  readonly path: string;
  readonly tag?: string | undefined;
  readonly digest?: Digest | undefined;
}

const PART = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const HOST =
  /^(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*(?::[0-9]+)?$|^\[[0-9a-fA-F:]+\](?::[0-9]+)?$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const OTHER = /^(oci-layout|oci-archive|oci|docker-archive|dir|docker-image|docker):(.*)$/s;
const DOCKER_HUB = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io']);

/**
 * Reads a reference as docker does (distribution's grammar): `busybox` is `docker.io/library/busybox`. No tag is filled in: see
 * `withDefaultTag`.
 * @throws VarveError `REFERENCE_INVALID`
 */
export function parseReference(text: string): ImageReference {
  const other = OTHER.exec(text);
  const rest = other?.[2]?.replace(/^\/\//, '') ?? '';
  if (other && (other[1] === 'docker-image' || (other[1] === 'docker' && other[2]?.startsWith('//')))) return parseName(rest, text);
  if (other?.[1] !== undefined && other[1] !== 'docker') return { transport: other[1], name: rest, host: '', path: '' };
  return parseName(text, text);
}

function parseName(text: string, shown: string): ImageReference {
  const at = text.indexOf('@');
  const digest = at === -1 ? undefined : parseDigest(text.slice(at + 1));
  const named = at === -1 ? text : text.slice(0, at);
  const colon = named.lastIndexOf(':');
  const hasTag = colon > named.lastIndexOf('/');
  const tag = hasTag ? named.slice(colon + 1) : undefined;
  const { host, path } = splitHost(hasTag ? named.slice(0, colon) : named);
  const why = whyInvalid(host, path, tag, named);
  if (why !== undefined) throw new VarveError('REFERENCE_INVALID', `invalid reference format: ${quote(shown, 300)}: ${why}`);
  return { transport: 'docker', name: `${host}/${path}`, host, path, tag, digest };
}

function splitHost(name: string): { readonly host: string; readonly path: string } {
  const slash = name.indexOf('/');
  const first = slash === -1 ? '' : name.slice(0, slash);
  const isHost = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
  const host = isHost ? first : 'docker.io';
  const path = isHost ? name.slice(slash + 1) : name;
  if (!DOCKER_HUB.has(host)) return { host, path };
  return { host: 'docker.io', path: path.includes('/') || path === '' ? path : `library/${path}` };
}

function whyInvalid(host: string, path: string, tag: string | undefined, named: string): string | undefined {
  if (!HOST.test(host)) return `"${host}" is no host name`;
  if (/^[0-9a-f]{64}$/.test(named)) return 'a name may not be 64 hexadecimal digits, which is an image ID';
  if (path !== path.toLowerCase()) return 'repository name must be lowercase';
  if (!path.split('/').every((part) => PART.test(part))) return 'expected a name like [host[:port]/]path[:tag][@digest]';
  if (host.length + 1 + path.length > 255) return 'a repository name may not be longer than 255 characters';
  if (tag !== undefined && !TAG.test(tag)) return `"${tag}" is no tag`;
  return undefined;
}

/** The same with `latest` where there is neither tag nor digest. */
export const withDefaultTag = (ref: ImageReference): ImageReference =>
  ref.transport === 'docker' && ref.tag === undefined && ref.digest === undefined ? { ...ref, tag: 'latest' } : ref;

/** The whole text: `docker.io/library/busybox:latest`. */
export function formatReference(ref: ImageReference): string {
  if (ref.transport !== 'docker') return `${ref.transport}:${ref.name}`;
  return `${ref.name}${ref.tag === undefined ? '' : `:${ref.tag}`}${ref.digest === undefined ? '' : `@${ref.digest}`}`;
}

/** As people write it: without `docker.io/library/`. */
export function familiarName(name: string): string {
  return name.replace(/^docker\.io\/(?:library\/(?=[^/]+$))?/, '');
}

/** Whether this may be an ID or the beginning of one rather than a name. */
export const looksLikeId = (text: string): boolean => /^(?:(?:sha256:)?[0-9a-f]{2,64}|(?:sha512:)?[0-9a-f]{2,128})$/.test(text);

/** Whether a place that has a name in a build (`--build-context`) is an image, wherever that is, and no directory. */
export const isImagePlace = (place: string): boolean => /^(?:docker-image|oci-layout|oci-archive|docker-archive):/.test(place);
