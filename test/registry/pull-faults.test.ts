import test from 'ava';
import { Client, withoutSettings } from './client.ts';
import { isRegistryMissing } from './docker-registry.ts';
import { FaultProxy, type Rule } from './fault-proxy.ts';
import * as faults from './faults.ts';
import { BIG, imageOf, noiseLayer, sampleImage } from './images.ts';
import { RegistrySite } from './registry-site.ts';

withoutSettings();
const claim = isRegistryMissing ? test.skip : test.serial;
const site = isRegistryMissing ? new RegistrySite() : RegistrySite.for(test);
/** How often a client with these options repeats a request. */
const OPTIONS = { retries: 3, retryWait: 5 };
/** Where nothing comes, somebody has to lose patience soon. On a busy machine that happens more often than it is claimed, and does no harm. */
const IMPATIENT = { retries: 20, retryWait: 5, stallTimeout: 1500 };
const ALWAYS = 1000;

/** Requests, by what they are for. */
const on = {
  manifest: () => /^GET \S+\/manifests\//,
  config: () => new RegExp(`^GET \\S+/blobs/${site.sample.config.digest}$`),
  big: () => new RegExp(`^GET \\S+/blobs/${site.sample.layers[1]?.digest}$`),
} as const;
type What = keyof typeof on;

interface Row {
  readonly what: What;
  readonly fault: Rule['fault'] | (() => Rule['fault']);
  readonly times?: number;
  /** How many such requests go well before. */
  readonly after?: number;
  /** Something that happens before it, to the same requests. */
  readonly first?: Rule['fault'];
  /** Without: the pull goes well all the same. */
  readonly error?: string;
  readonly says?: RegExp;
  /** How many such requests there are; where nothing comes, at least. */
  readonly requests: number;
  readonly isStall?: boolean;
  /** From which byte on each of them asks; where nothing comes, the first of them. */
  readonly from?: readonly number[];
}

const faulty = (title: string, row: Row) =>
  claim(`pull: ${title}: ${row.error ?? 'it is finished'} after ${row.requests}`, async (t) => {
    t.timeout(60_000);
    await using proxy = await FaultProxy.start(site.registry.host);
    using client = new Client(row.isStall ? IMPATIENT : OPTIONS);
    const name = `${proxy.host}/acme/app:1`;
    const older = imageOf([noiseLayer('older', 100)]);
    await client.store(older, name);
    const rule = {
      on: on[row.what](),
      times: row.times ?? 1,
      fault: row.fault as Rule['fault'],
      ...(row.after !== undefined && { after: row.after }),
    };
    proxy.does(...(row.first === undefined ? [] : [{ ...rule, times: 1, fault: row.first }]), rule);

    const { code, stderr } = await client.varve(['pull', name]);
    const asked = proxy.seen(rule.on);
    t.is(code, row.error === undefined ? 0 : 1, stderr);
    if (row.error !== undefined) t.regex(stderr, new RegExp(`\\[${row.error}[\\],]`));
    if (row.says !== undefined) t.regex(stderr, row.says);
    t.notRegex(stderr.replaceAll('\n', ''), /[\p{Cc}\u202e]/u, 'nothing that a terminal would obey');
    const counted = row.isStall ? asked.slice(0, row.requests) : asked;
    t.is(counted.length, row.requests);
    if (row.from !== undefined) t.deepEqual(counted.map(startOf), row.from);
    for (const { down } of asked) t.true(down < faults.ENOUGH / 2, 'no more was read than anybody needs');

    client.isSound(t);
    t.is(await client.idOf(name), row.error === undefined ? site.sample.config.digest : await older.id());
    proxy.does();
    await client.must(['pull', name]);
    t.is(await client.idOf(name), await sampleImage().id(), 'a retry succeeds');
  });

const startOf = ({ headers }: { readonly headers: { readonly range?: string | undefined } }): number =>
  Number(/^bytes=(\d+)-/.exec(headers.range ?? 'bytes=0-')?.[1]);

/** Faults that pass: once, three times (as often as it is tried again), and for ever. */
function passing(title: string, what: What, fault: Rule['fault'], error: string): void {
  faulty(`${title}, ${what}, once`, { what, fault, requests: 2 });
  faulty(`${title}, ${what}, thrice`, { what, fault, times: 3, requests: 4 });
  faulty(`${title}, ${what}, always`, { what, fault, times: ALWAYS, error, requests: 4 });
}

passing('the connection is closed without an answer', 'manifest', faults.hangsUp, 'REGISTRY_UNREACHABLE');
passing('the connection breaks at byte 100', 'manifest', faults.cutsDown(100), 'REGISTRY_UNREACHABLE');
passing('the connection breaks at byte 0', 'config', faults.cutsDown(0), 'REGISTRY_UNREACHABLE');
passing('the connection is closed without an answer', 'big', faults.hangsUp, 'REGISTRY_UNREACHABLE');
passing('the connection breaks at byte 0', 'big', faults.cutsDown(0), 'REGISTRY_UNREACHABLE');
for (const at of [1, 100_001, BIG - 1])
  faulty(`the connection breaks at byte ${at}, once`, { what: 'big', fault: faults.cutsDown(at), requests: 2, from: [0, at] });
faulty('the connection breaks after each 100000 bytes, thrice', {
  what: 'big',
  fault: faults.cutsDown(100_000),
  times: 3,
  requests: 4,
  from: [0, 100_000, 200_000, 300_000],
});

for (const status of [500, 502, 503, 504])
  passing(`${status}`, status === 500 ? 'manifest' : 'big', faults.refuses(status, 'busy'), 'REGISTRY_FAILED');
faulty('500 for the configuration, once', { what: 'config', fault: faults.refuses(500, 'busy'), requests: 2 });
faulty('408, once', { what: 'big', fault: faults.refuses(408, 'slow'), requests: 2 });
passing('429 without a Retry-After', 'manifest', faults.refuses(429, 'toomanyrequests'), 'REGISTRY_LIMIT');

const inSeconds = (count: number): string => String(count);
const asDate = (count: number): string => new Date(Date.now() + count * 1000).toUTCString();
for (const [form, text] of [
  ['seconds', inSeconds],
  ['a date', asDate],
] as const) {
  const limit =
    (count: number): Rule['fault'] =>
    (exchange) =>
      faults.refuses(429, 'slow down', { 'retry-after': text(count) })(exchange);
  faulty(`429 with a Retry-After of a second as ${form}`, { what: 'manifest', fault: limit(1), requests: 2 });
  for (const what of ['manifest', 'big'] as const)
    faulty(`429 with a Retry-After of a day as ${form} (${what})`, { what, fault: limit(86_400), error: 'REGISTRY_LIMIT', requests: 1 });
}
faulty('503 with a Retry-After of a day', {
  what: 'big',
  fault: faults.refuses(503, 'x', { 'retry-after': '86400' }),
  error: 'REGISTRY_FAILED',
  requests: 1,
});

faulty('no answer at all, once', { what: 'manifest', fault: faults.staysSilent, isStall: true, requests: 2 });
faulty('it stalls at byte 100000, once', {
  what: 'big',
  fault: faults.stallsDown(100_000),
  isStall: true,
  requests: 2,
  from: [0, 100_000],
});

for (const [status, error] of [
  [404, 'IMAGE_UNKNOWN'],
  [403, 'REGISTRY_DENIED'],
  [400, 'REGISTRY_REFUSED'],
] as const)
  faulty(`${status} for the manifest`, {
    what: 'manifest',
    fault: faults.refuses(status, 'as it is'),
    error,
    says: /as it is/,
    times: ALWAYS,
    requests: status === 404 ? 2 : 1, // by its digest, and then by its tag
  });
faulty('404 for a layer', { what: 'big', fault: faults.refuses(404, 'gone'), error: 'BLOB_UNKNOWN', requests: 1 });

faulty('a manifest that is not what its head says', {
  what: 'manifest',
  fault: faults.alters(30),
  times: ALWAYS,
  error: 'BLOB_MISMATCH',
  requests: 1,
});
faulty('a digest in the head that does not fit', {
  what: 'manifest',
  fault: faults.claims('docker-content-digest', `sha256:${'0'.repeat(64)}`),
  times: ALWAYS,
  error: 'BLOB_MISMATCH',
  requests: 1,
});
faulty('a configuration with another byte', {
  what: 'config',
  fault: faults.alters(5),
  times: ALWAYS,
  error: 'BLOB_MISMATCH',
  requests: 1,
});
faulty('a layer with another byte', { what: 'big', fault: faults.alters(300_000), times: ALWAYS, error: 'BLOB_MISMATCH', requests: 1 });
faulty('a layer whose end is missing, though HTTP says it is whole, once', {
  what: 'big',
  fault: faults.shortens(1000),
  requests: 2,
  from: [0, 1000],
});
faulty('a layer of no bytes, always', { what: 'big', fault: faults.shortens(0), times: ALWAYS, error: 'BLOB_MISMATCH', requests: 4 });
faulty('a layer with bytes behind its end', {
  what: 'big',
  fault: faults.lengthens(10),
  times: ALWAYS,
  error: 'BLOB_MISMATCH',
  requests: 1,
});
faulty('a manifest said to be an index', {
  what: 'manifest',
  fault: faults.claims('content-type', 'application/vnd.oci.image.index.v1+json'),
  error: 'IMAGE_INVALID',
  requests: 1,
});
faulty('a layer said to be compressed once more', { what: 'big', fault: faults.claims('content-encoding', 'gzip'), requests: 1 });
faulty('a Content-Length that promises more than comes', {
  what: 'big',
  fault: async ({ ask, response }) => {
    const from = await ask();
    response.writeHead(200, { ...from.headers, 'content-length': String(BIG * 2) });
    for await (const chunk of from) response.write(chunk);
    response.destroy();
  },
  times: ALWAYS,
  error: 'BLOB_MISMATCH',
  requests: 1,
});

const cut = faults.cutsDown(100_000);
faulty('a registry that knows no ranges sends everything again', {
  what: 'big',
  first: cut,
  fault: async ({ ask, answer }) => await answer(await ask({ headers: { range: 'bytes=0-' } }), { status: 200 }),
  requests: 2,
});
for (const range of ['bytes 0-99/100', undefined, 'nonsense'])
  faulty(`a part with the Content-Range ${range}`, {
    what: 'big',
    first: cut,
    fault: faults.claims('content-range', range),
    times: ALWAYS,
    error: 'REGISTRY_ANSWER',
    requests: 2,
  });
faulty('a range that the registry finds impossible', {
  what: 'big',
  first: cut,
  fault: faults.refuses(416, 'no'),
  requests: 3,
  from: [0, 100_000, 0],
});

faulty('an endless manifest', { what: 'manifest', fault: faults.neverEnds(200), error: 'REGISTRY_ANSWER', requests: 1 });
faulty('an endless configuration', { what: 'config', fault: faults.neverEnds(200), error: 'BLOB_MISMATCH', requests: 1 });
faulty('an endless layer', { what: 'big', fault: faults.neverEnds(200), error: 'BLOB_MISMATCH', requests: 1 });
faulty('an endless refusal', { what: 'manifest', fault: faults.neverEnds(403), error: 'REGISTRY_DENIED', requests: 1 });
faulty('an endless failure, once', { what: 'manifest', fault: faults.neverEnds(500), requests: 2 });
const EVIL = '\u001b[2J\u001b]0;owned\u0007\r\n\u202eevil\u0000';
faulty('control characters in an error', {
  what: 'manifest',
  fault: faults.refuses(403, EVIL),
  error: 'REGISTRY_DENIED',
  says: /evil/,
  requests: 1,
});

faulty('a redirect in a circle', {
  what: 'big',
  fault: async (exchange) => await faults.says(307, { location: exchange.request.url ?? '' })(exchange),
  times: ALWAYS,
  error: 'REGISTRY_ANSWER',
  requests: 11,
});
for (const location of ['file:///etc/passwd', 'ftp://127.0.0.1/x', 'http://[', 'javascript:0'])
  faulty(`a redirect to ${location}`, { what: 'big', fault: faults.says(302, { location }), error: 'REGISTRY_ANSWER', requests: 1 });
for (const [where, host] of [
  ['another port', '127.0.0.1'],
  ['another host', 'localhost'],
] as const)
  faulty(`a redirect to ${where}`, {
    what: 'big',
    fault: async (exchange) => {
      const location = `http://${host}:${site.registry.host.split(':')[1]}${exchange.request.url}`;
      await faults.says(307, { location })(exchange);
    },
    times: ALWAYS,
    requests: 1,
  });
