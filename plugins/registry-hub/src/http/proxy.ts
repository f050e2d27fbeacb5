import { VarveError } from '@varve/core';
import { hostName, isInRanges, isLoopback } from '../hosts/registry-host.ts';

/** The proxy for an address, as the environment says: HTTPS_PROXY, HTTP_PROXY, NO_PROXY, in lower case too. Loopback has none. */
export function proxyFor(url: URL, env: NodeJS.ProcessEnv): URL | undefined {
  if (isLoopback(url.host) || isExcepted(url, variable('no_proxy', env))) return undefined;
  const text = url.protocol === 'https:' ? variable('https_proxy', env) : httpProxy(env);
  if (text === '') return undefined;
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const proxy = URL.canParse(whole) ? new URL(whole) : undefined;
  if (proxy !== undefined && /^https?:$/.test(proxy.protocol)) return proxy;
  throw new VarveError(
    'REGISTRY_PROXY',
    `Expected the address of an HTTP proxy for ${url.protocol}//${url.host}, found another in the environment`,
    {
      hint: 'HTTPS_PROXY and HTTP_PROXY take http://[user:password@]host:port.',
    },
  );
}

const variable = (name: string, env: NodeJS.ProcessEnv): string => env[name] || env[name.toUpperCase()] || '';

/** A web server's script finds the header "Proxy" of a stranger's request in the variable HTTP_PROXY (CVE-2016-5385). */
const httpProxy = (env: NodeJS.ProcessEnv): string => env.http_proxy || (env.REQUEST_METHOD === undefined ? env.HTTP_PROXY : '') || '';

/** NO_PROXY: `*`, or names with their subdomains, addresses and ranges of them, each with a port or without. */
function isExcepted(url: URL, list: string): boolean {
  const name = hostName(url.host).toLowerCase();
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return list
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true;
      if (entry.includes('/')) return isInRanges(name, [entry]);
      const own = hostName(entry).toLowerCase();
      const rest = /:(\d+)$/.exec(entry.replace(/^\[.*\]/, ''))?.[1];
      if (rest !== undefined && own !== entry.toLowerCase() && rest !== port) return false;
      const domain = own.replace(/^\*?\./, '');
      return name.endsWith(`.${domain}`) || (name === domain && own === domain);
    });
}

/** Who asks the proxy, from the user and password in its address. */
export function proxyAuthorization({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === '') return {};
  const pair = `${decoded(username)}:${decoded(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** A percent sign that stands for itself is taken as it is. */
const decoded = (text: string): string =>
  text.replace(/(?:%[0-9a-f]{2})+/gi, (escaped) => Buffer.from(escaped.replaceAll('%', ''), 'hex').toString());

/** The network's failure on the way to a proxy, which says so: nobody looks for it there otherwise. */
export function proxyFailure({ host }: URL, cause: Error): Error {
  const { code } = cause as NodeJS.ErrnoException;
  return Object.assign(new Error(`through the proxy ${host}: ${cause.message}`, { cause }), code === undefined ? {} : { code });
}

/** A proxy that makes no tunnel. Of 5xx the next one may go well. */
export const proxyAnswered = ({ host }: URL, status: number): Error =>
  Object.assign(new Error(`the proxy ${host} answered ${status}`), { code: status >= 500 ? 'EHOSTUNREACH' : 'EPROXY' });
