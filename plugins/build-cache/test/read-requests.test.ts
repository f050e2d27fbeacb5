import type { CacheRequest, VarveError } from '@varve/core';
import test from 'ava';
import { readSource, readTarget } from '../src/read-requests.ts';

const request = (text: string): CacheRequest => {
  const { type = '', ...attributes } = Object.fromEntries(text.split(',').map((field) => field.split('=') as [string, string]));
  return { type, attributes };
};

const reads = test.macro({
  exec(t, direction: 'from' | 'to', text: string, expected: Readonly<Record<string, unknown>>) {
    const { reference, ...rest } = direction === 'from' ? readSource(request(text)) : readTarget(request(text));
    t.like({ ...rest, place: reference && `${reference.transport} ${reference.name} ${reference.tag}` }, expected);
  },
  title: (_, direction, text) => `a cache ${direction} ${text} is read`,
});
test(reads, 'from', 'type=registry,ref=a/b', { name: 'a/b', place: 'docker docker.io/a/b latest' });
test(reads, 'from', 'type=local,src=dir', { name: 'dir', place: 'oci-layout dir:latest undefined' });
test(reads, 'from', 'type=local,src=dir,tag=t', { place: 'oci-layout dir:t undefined' });
test(reads, 'from', `type=local,src=dir,digest=sha256:${'a'.repeat(64)}`, { place: `oci-layout dir@sha256:${'a'.repeat(64)} undefined` });
test(reads, 'to', 'type=registry,ref=a:1', { mode: 'min', compression: 'gzip', isOptional: false, place: 'docker docker.io/library/a 1' });
test(reads, 'to', 'type=registry,ref=a,mode=max,compression=zstd', { mode: 'max', compression: 'zstd' });
test(reads, 'to', 'type=local,dest=d,ignore-error=true,oci-mediatypes=false,image-manifest=1', { isOptional: true });
test(reads, 'to', 'type=local,dest=d,compression=uncompressed,tag=t', { compression: 'uncompressed', place: 'oci-layout d:t undefined' });
test(reads, 'to', 'type=inline', { type: 'inline', place: undefined });
test(reads, 'to', 'type=inline,mode=min', { type: 'inline' });

const refuses = test.macro({
  exec(t, direction: 'from' | 'to', text: string, code: string, says: RegExp) {
    const read = direction === 'from' ? readSource : readTarget;
    const failure = t.throws<VarveError>(() => read(request(text)), { code });
    t.regex(`${failure?.message}\n${failure?.hint}`, says);
  },
  title: (_, direction, text) => `a cache ${direction} ${text} is refused`,
});
test(refuses, 'from', 'type=gha', 'CACHE_TYPE', /"gha"\nThere are registry \(ref=\) and local \(src=\)/);
test(refuses, 'from', 'type=inline', 'CACHE_TYPE', /type=registry,ref=<image>/);
test(refuses, 'from', 'type=registry', 'CACHE_ATTRIBUTE', /needs ref=/);
test(refuses, 'from', 'type=registry,ref=a,mode=max', 'CACHE_ATTRIBUTE', /no attribute "mode"\nIt knows ref/);
test(refuses, 'from', 'type=local,src=', 'CACHE_ATTRIBUTE', /needs src=/);
test(refuses, 'from', 'type=local,src=a,digest=md5:1', 'DIGEST_INVALID', /md5/);
test(refuses, 'from', 'type=registry,ref=A', 'REFERENCE_INVALID', /lowercase/);
test(refuses, 'to', 'type=s3,bucket=a', 'CACHE_TYPE', /There are registry \(ref=\), local \(dest=\) and inline/);
test(refuses, 'to', 'type=inline,mode=max', 'CACHE_ATTRIBUTE', /mode=min, found "max"/);
test(refuses, 'to', 'type=local,dest=a,mode=some', 'CACHE_ATTRIBUTE', /mode=min\|max, found "some"/);
test(refuses, 'to', 'type=registry,ref=a,compression=uncompressed', 'CACHE_ATTRIBUTE', /compression=gzip\|zstd, found "uncompressed"/);
test(refuses, 'to', 'type=local,dest=a,what=b', 'CACHE_ATTRIBUTE', /"what"\nIt knows compression, dest, ignore-error, image-manifest/);
test(refuses, 'to', 'type=local,dest=a,ignore-error=maybe', 'CACHE_ATTRIBUTE', /ignore-error=true\|false, found "maybe"/);
