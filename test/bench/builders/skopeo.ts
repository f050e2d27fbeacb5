import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '../measure.ts';
import { ask, whyMissing } from '../programs.ts';
import { setAside } from '../scratch.ts';
import type { Builder, BuilderKind } from './builder.ts';

/** Builds nothing: it brings images from one place to another. Its store is an OCI layout. */
export const skopeo: BuilderKind = {
  name: 'skopeo',
  isTransport: true,
  whyAbsent: () => whyMissing('skopeo'),
  open: openSkopeo,
};

function openSkopeo(dir: string): Builder {
  const policy = join(dir, 'policy.json');
  writeFileSync(policy, '{"default":[{"type":"insecureAcceptAnything"}]}');
  const store = join(dir, 'store');
  const copy = (...args: readonly string[]): Command => ({
    argv: ['skopeo', '--policy', policy, '--tmpdir', dir, 'copy', ...args],
    env: { TMPDIR: dir },
  });
  const refuse = (): never => {
    throw new Error('skopeo does not build');
  };
  return {
    name: 'skopeo',
    version: ask('skopeo', ['--version'])?.replace(/^.*version (\S+).*$/s, '$1') ?? '?',
    build: refuse,
    save: refuse,
    load: (file) => copy(`docker-archive:${file}`, `dir:${store}/loaded`),
    push: (_, to) => copy('--dest-tls-verify=false', `dir:${store}/loaded`, `docker://${to}`),
    pull: (from) => copy('--src-tls-verify=false', `docker://${from}`, `oci:${store}/pulled:1`),
    async reset() {
      setAside(store);
      mkdirSync(store, { recursive: true });
    },
  };
}
