// podman and buildah: one storage library, one way to say where everything lies.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from '../measure.ts';
import { ask, whereIs, whyMissing } from '../programs.ts';
import { setAside } from '../scratch.ts';
import type { Builder, BuilderKind } from './builder.ts';

/** Debian's podman. */
export const podman = containersKind('podman', (args) => ({
  ...args,
  load: (file) => args.command('load', '-i', file),
  save: (tag, file) => args.command('save', '-o', file, tag),
}));

/** Debian's buildah. */
export const buildah = containersKind('buildah', (args) => ({
  ...args,
  load: (file) => args.command('pull', '--policy', 'always', `docker-archive:${file}`),
  save: (tag, file) => args.command('push', tag, `docker-archive:${file}:${tag}`),
}));

interface Parts extends Omit<Builder, 'load' | 'save'> {
  command(...args: readonly string[]): Command;
}

function containersKind(program: string, complete: (parts: Parts) => Builder): BuilderKind {
  return { name: program, whyAbsent: () => whyMissing(program), open: (dir) => complete(openParts(program, dir)) };
}

function openParts(program: string, dir: string): Parts {
  const [state, runtime] = [join(dir, 'state'), whereIs('runc') ?? 'crun']; // crun refuses hosts with both cgroup versions
  const env = { CONTAINERS_CONF: join(dir, 'containers.conf'), TMPDIR: dir, BUILDAH_RUNTIME: runtime };
  writeFileSync(env.CONTAINERS_CONF, configuration(dir, state, runtime));
  const place = ['--root', join(state, 'root'), '--runroot', shortName(join(state, 'run')), '--storage-driver', 'overlay'];
  const command = (...args: readonly string[]): Command => ({ argv: [program, ...place, ...args], env });
  const flags = ['--network', 'none', '--pull=never', '--layers', '--jobs', '4'];
  return {
    name: program,
    version: ask(program, ['--version'])?.replace(/^.*version (\S+).*$/s, '$1') ?? '?',
    command,
    build: ({ context, tag, idFile }) =>
      command('build', ...flags, '--iidfile', idFile, '-t', tag, '-f', join(context, 'Dockerfile'), context),
    push: (tag, to) => command('push', '--tls-verify=false', tag, to),
    pull: (from) => command('pull', '--tls-verify=false', from),
    async reset() {
      setAside(state);
      for (const name of ['copy', 'run']) mkdirSync(join(state, name), { recursive: true });
    },
  };
}

/** podman refuses a place with a name of more than 50 characters, whatever it leads to. */
function shortName(place: string): string {
  if (place.length <= 50) return place;
  const dir = mkdtempSync(join(tmpdir(), 'vb-'));
  process.once('exit', () => rmSync(dir, { recursive: true, force: true }));
  symlinkSync(place, join(dir, 'run'));
  return join(dir, 'run');
}

/** Keeps what has no option on the command line inside the folder, too. */
function configuration(dir: string, state: string, runtime: string): string {
  const engine = {
    runtime,
    lock_type: 'file',
    events_logger: 'none',
    tmp_dir: join(state, 'tmp'),
    static_dir: join(state, 'static'),
    volume_path: join(state, 'volumes'),
    image_copy_tmp_dir: dir,
  };
  return `[engine]\n${Object.entries(engine)
    .map(([name, value]) => `${name} = ${JSON.stringify(value)}\n`)
    .join('')}`;
}
