import type { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import test from 'ava';
import { Client, withoutSettings } from './client.ts';
import { isRegistryMissing } from './docker-registry.ts';
import { type Fault, FaultProxy } from './fault-proxy.ts';
import * as faults from './faults.ts';
import { BIG, sampleImage } from './images.ts';
import { RegistrySite } from './registry-site.ts';

withoutSettings();
const claim = isRegistryMissing ? test.skip : test.serial;
const site = isRegistryMissing ? new RegistrySite() : RegistrySite.for(test);
const OPTIONS = { retries: 3, retryWait: 5 };
/** Where nobody answers, somebody has to lose patience soon; on a busy machine that happens more often, and does no harm. */
const IMPATIENT = { retries: 20, retryWait: 5, stallTimeout: 1500 };
const ALWAYS = 1000;

/** Requests, by what they are for. One layer's blob is large, the other ones and the configuration are small. */
const on = {
  /** Is the blob there? */
  look: /^HEAD \S+\/blobs\//,
  /** An upload begins. */
  open: /^POST \S+\/blobs\/uploads\//,
  /** Its bytes come, and it ends. */
  send: /^(?:PUT|PATCH) \S+\/blobs\/uploads\//,
  manifest: /^PUT \S+\/manifests\//,
} as const;
type What = keyof typeof on;

interface Row {
  readonly what: What;
  readonly fault: Fault;
  readonly times?: number;
  readonly error?: string;
  readonly says?: RegExp;
  /** Only to the upload of the large layer. */
  readonly isLarge?: boolean;
  /** How many such requests there are at most, and at least. An image has three blobs, whose uploads may run beside each other. */
  readonly requests: number | readonly [least: number, most: number];
  /** The registry has done it all the same. */
  readonly isDone?: boolean;
  /** Nobody answers. */
  readonly isStall?: boolean;
}

let count = 0;
const faulty = (
  title: string,
  { what, fault, times = 1, error, says, requests, isLarge = false, isDone = error === undefined, isStall = false }: Row,
) =>
  claim(`push: ${title}: ${error ?? 'it is finished'} after ${requests}`, async (t) => {
    t.timeout(60_000);
    await using proxy = await FaultProxy.start(site.registry.host);
    using client = new Client(isStall ? IMPATIENT : OPTIONS);
    const repository = `acme/push${++count}`;
    const name = `${proxy.host}/${repository}:1`;
    await client.store(sampleImage(), name);
    const where = ({ headers }: IncomingMessage) => !isLarge || Number(headers['content-length']) > BIG / 2;
    proxy.does({ on: on[what], where, times, fault });

    const { code, stderr } = await client.varve(['push', name]);
    t.is(code, error === undefined ? 0 : 1, stderr);
    if (error !== undefined) t.regex(stderr, new RegExp(`\\[${error}[\\],]`));
    if (says !== undefined) t.regex(stderr, says);
    t.notRegex(stderr.replaceAll('\n', ''), /[\p{Cc}\u202e]/u, 'nothing that a terminal would obey');
    const [least, most] = typeof requests === 'number' ? [requests, requests] : requests;
    const asked = proxy.seen(on[what]);
    t.true(asked.length >= least && asked.length <= most, asked.map(({ line }) => line).join('\n'));
    for (const { down } of proxy.requests) t.true(down < faults.ENOUGH / 2, 'no more was read than anybody needs');

    const pushed = isDone ? site.sample.digest : undefined;
    t.is((await site.manifestOf(repository, '1'))?.digest, pushed, 'the tag is whole, or not there');
    client.isSound(t);
    proxy.does();
    await client.must(['push', name]);
    t.is((await site.manifestOf(repository, '1'))?.digest, site.sample.digest, 'a retry succeeds');
    t.is(await client.idOf(name), await sampleImage().id());
  });

/** Faults that pass, with what stands for one blob: once, three times (as often as it is tried again), and for ever. */
function passing(title: string, what: What, fault: Fault, error: string): void {
  const blobs = what === 'manifest' ? 1 : 3;
  faulty(`${title}, ${what}, once`, { what, fault, requests: blobs + 1 });
  // The three may fall on one blob, or one on each.
  faulty(`${title}, ${what}, thrice`, { what, fault, times: 3, requests: blobs + 3 });
  faulty(`${title}, ${what}, always`, { what, fault, times: ALWAYS, error, requests: [4, 4 * blobs] });
}

passing('the connection is closed without an answer', 'open', faults.hangsUp, 'REGISTRY_UNREACHABLE');
passing('the connection breaks at byte 0 of what is sent', 'send', faults.cutsUp(0), 'REGISTRY_UNREACHABLE');
passing('the connection breaks at byte 100 of what is sent', 'send', faults.cutsUp(100), 'REGISTRY_UNREACHABLE');
passing('the connection is closed without an answer', 'manifest', faults.hangsUp, 'REGISTRY_UNREACHABLE');
faulty('the connection breaks in the middle of the large layer', {
  what: 'send',
  fault: faults.cutsUp(BIG / 2),
  isLarge: true,
  requests: 4,
});
faulty('the connection breaks at the last byte of the large layer', {
  what: 'send',
  fault: faults.cutsUp(BIG - 1),
  isLarge: true,
  requests: 4,
});

for (const [status, what] of [
  [500, 'open'],
  [502, 'send'],
  [503, 'manifest'],
  [504, 'send'],
] as const)
  passing(`${status}`, what, faults.refuses(status, 'busy'), 'REGISTRY_FAILED');
for (const status of [405, 500])
  faulty(`${status} when asked whether a blob is there, always`, {
    what: 'look',
    fault: faults.says(status),
    times: ALWAYS,
    requests: [3, 24],
  });
passing('429 without a Retry-After', 'open', faults.refuses(429, 'toomanyrequests'), 'REGISTRY_LIMIT');
const inSeconds = (seconds: number): string => String(seconds);
const asDate = (seconds: number): string => new Date(Date.now() + seconds * 1000).toUTCString();
for (const [form, text] of [
  ['seconds', inSeconds],
  ['a date', asDate],
] as const) {
  const limit =
    (seconds: number): Fault =>
    (exchange) =>
      faults.refuses(429, 'slow down', { 'retry-after': text(seconds) })(exchange);
  faulty(`429 with a Retry-After of a second as ${form}`, { what: 'manifest', fault: limit(1), requests: 2 });
  faulty(`429 with a Retry-After of a day as ${form} (manifest)`, {
    what: 'manifest',
    fault: limit(86_400),
    times: ALWAYS,
    error: 'REGISTRY_LIMIT',
    requests: 1,
  });
  faulty(`429 with a Retry-After of a day as ${form} (upload)`, {
    what: 'open',
    fault: limit(86_400),
    times: ALWAYS,
    error: 'REGISTRY_LIMIT',
    requests: [1, 3],
  });
}

faulty('no answer at all, once', { what: 'open', fault: faults.staysSilent, isStall: true, requests: [4, 40] });
faulty('nobody takes what is sent any more, once', {
  what: 'send',
  fault: stallsUp(BIG / 2),
  isLarge: true,
  isStall: true,
  requests: [4, 40],
});
faulty('no answer to the manifest, once', { what: 'manifest', fault: faults.staysSilent, isStall: true, requests: [2, 40] });

for (const times of [1, 3])
  faulty(`the answer to the manifest is lost, ${times} times`, { what: 'manifest', fault: faults.losesAnswer, times, requests: times + 1 });
faulty('the answer to the manifest is lost, always', {
  what: 'manifest',
  fault: faults.losesAnswer,
  times: ALWAYS,
  error: 'REGISTRY_UNREACHABLE',
  requests: 4,
  isDone: true,
});
faulty('the answer to a commit is lost, once: the blob is not sent again', { what: 'send', fault: faults.losesAnswer, requests: 3 });
faulty('the answers to all commits are lost: no blob is sent again', {
  what: 'send',
  fault: faults.losesAnswer,
  times: ALWAYS,
  requests: 3,
});
faulty('the answer to the beginning of an upload is lost, once', { what: 'open', fault: faults.losesAnswer, requests: 4 });

faulty('an upload that the registry forgot, once', { what: 'send', fault: faults.refuses(404, 'BLOB_UPLOAD_UNKNOWN'), requests: 4 });
faulty('other bytes arrive than were sent, always', {
  what: 'send',
  fault: altersUp(50),
  times: ALWAYS,
  error: 'REGISTRY_REFUSED',
  says: /DIGEST_INVALID/,
  requests: [1, 3],
});
for (const [what, status, error] of [
  ['open', 403, 'REGISTRY_DENIED'],
  ['send', 413, 'REGISTRY_REFUSED'],
  ['manifest', 400, 'REGISTRY_REFUSED'],
  ['manifest', 403, 'REGISTRY_DENIED'],
] as const)
  faulty(`${status} for ${what}`, {
    what,
    fault: faults.refuses(status, 'quota exceeded'),
    times: ALWAYS,
    error,
    says: /quota exceeded/,
    requests: [1, 3],
  });

faulty('another digest of the manifest', {
  what: 'manifest',
  fault: faults.says(201, { 'docker-content-digest': `sha256:${'0'.repeat(64)}` }),
  error: 'BLOB_MISMATCH',
  requests: 1,
});
faulty('blobs said to be there that are not', {
  what: 'look',
  fault: faults.says(200, { 'content-length': '10' }),
  times: ALWAYS,
  error: 'REGISTRY_REFUSED',
  says: /BLOB_UNKNOWN/,
  requests: [3, 6],
});
faulty('no address for the upload', { what: 'open', fault: faults.says(202), times: ALWAYS, error: 'REGISTRY_ANSWER', requests: [1, 3] });
for (const location of ['file:///etc/passwd', 'http://['])
  faulty(`the upload goes to ${location}`, {
    what: 'open',
    fault: faults.says(202, { location }),
    times: ALWAYS,
    error: 'REGISTRY_ANSWER',
    requests: [1, 3],
  });
faulty('the upload goes to another port', { what: 'open', fault: redirectsUpload(), times: ALWAYS, requests: 3 });

faulty('an endless refusal', { what: 'open', fault: faults.neverEnds(403), times: ALWAYS, error: 'REGISTRY_DENIED', requests: [1, 3] });
faulty('an endless failure, once', { what: 'send', fault: faults.neverEnds(500), requests: 4 });
faulty('an endless acceptance of an upload', { what: 'open', fault: endlessly(), requests: 3 });
faulty('control characters in an error', {
  what: 'manifest',
  fault: faults.refuses(400, '\u001b[2J\u001b]0;owned\u0007\r\n\u202eevil\u0000'),
  times: ALWAYS,
  error: 'REGISTRY_REFUSED',
  says: /evil/,
  requests: 1,
});

function stallsUp(after: number): Fault {
  return async ({ request }) => {
    let read = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      read += chunk.length;
      if (read >= after) await new Promise(() => undefined);
    }
  };
}

function altersUp(at: number): Fault {
  return async ({ request, ask, answer }) => {
    async function* body(): AsyncGenerator<Buffer, void, undefined> {
      let start = 0;
      for await (const chunk of request as AsyncIterable<Buffer>) {
        if (at >= start && at < start + chunk.length) chunk[at - start] = (chunk[at - start] ?? 0) ^ 0xff;
        start += chunk.length;
        yield chunk;
      }
    }
    await answer(await ask({ body: body() }));
  };
}

/** The registry wants the bytes elsewhere: at its own port, past the proxy. */
function redirectsUpload(): Fault {
  return faults.changes({
    head: (headers) => {
      const url = new URL(String(headers.location), 'http://127.0.0.1');
      url.host = site.registry.host;
      headers.location = url.href;
    },
  });
}

function endlessly(): Fault {
  return async ({ ask, response, seen }) => {
    const from = await ask();
    await faults.endless({ response, seen }, { status: 202, headers: { location: String(from.headers.location) } });
  };
}
