import { mkdirSync, rmSync } from 'node:fs';
import type { ExecutionContext } from 'ava';
import { mustRun, type Workbench } from './varve.ts';

/** podman with a store of its own, which it leaves nothing outside of. */
export const podman = (bench: Workbench, args: readonly string[]): Promise<string> =>
  mustRun('podman', [
    '--root',
    bench.path('podman'),
    '--runroot',
    bench.path('podman-run'),
    '--storage-driver=vfs',
    '--cgroup-manager=cgroupfs',
    '--events-backend=none',
    ...args,
  ]);

/** Saves an image and lets skopeo, podman and umoci read it: they have to find its layers, its config and its files. */
export async function agreeOn(t: ExecutionContext, bench: Workbench, name: string): Promise<void> {
  const [image] = JSON.parse(await bench.must(['inspect', name]));
  const archive = bench.path('agreed.tar');
  await bench.must(['save', '-o', archive, name]);
  for (const transport of ['docker-archive', 'oci-archive']) {
    const { config, rootfs } = JSON.parse(await mustRun('skopeo', ['inspect', '--config', `${transport}:${archive}`]));
    t.deepEqual([rootfs.diff_ids, wordsOf(config)], [image.RootFS.Layers, wordsOf(image.Config)], transport);
  }

  await podman(bench, ['load', '-q', '-i', archive]);
  const [loaded] = JSON.parse(await podman(bench, ['image', 'inspect', name]));
  t.deepEqual([loaded.RootFS.Layers, wordsOf(loaded.Config)], [image.RootFS.Layers, wordsOf(image.Config)], 'podman');
  await podman(bench, ['rmi', '--all', '--force']);

  const layout = bench.path('agreed');
  mkdirSync(layout);
  await mustRun('tar', ['-C', layout, '-xf', archive]);
  rmSync(archive);
  await mustRun('umoci', ['unpack', '--image', `${layout}:${name.split(':')[1] ?? 'latest'}`, bench.path('bundle')]);
  t.deepEqual(await filesOf(bench.path('bundle/rootfs')), await filesOf(await unpacked(bench, name)), 'umoci');
  for (const made of ['agreed', 'bundle', 'unpacked']) rmSync(bench.path(made), { recursive: true });
}

/** What every tool has to say of a config, in one form. */
const wordsOf = (config: Readonly<Record<string, unknown>>): readonly unknown[] =>
  ['Env', 'Entrypoint', 'Cmd', 'User', 'WorkingDir', 'ExposedPorts', 'Labels'].map((name) => config[name] || null);

async function unpacked(bench: Workbench, name: string): Promise<string> {
  const dir = bench.path('unpacked');
  bench.write({ 'agreed-context/Dockerfile': `FROM ${name}\n` });
  await bench.must(['build', '-q', '-o', dir, 'agreed-context']);
  return dir;
}

/** A line for each file: type, mode, owner, size of what has one, path, target. */
const filesOf = async (root: string): Promise<readonly string[]> =>
  (await mustRun('find', [root, '-mindepth', '1', '(', '-type', 'd', '-printf', '%y %m %U:%G %P\n', ')', '-o', '-printf', FILE]))
    .split('\n')
    .sort();
const FILE = '%y %m %U:%G %s %P %l\n';
