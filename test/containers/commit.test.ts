import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import test from 'ava';
import { mustRun } from '../helpers/varve.ts';
import { type ContainerBench, once, onEach } from './container-bench.ts';

interface Inspected {
  readonly Id: string;
  readonly RootFS: { readonly Layers: readonly string[] };
}
const inspect = async (bench: ContainerBench, ...images: readonly string[]): Promise<readonly Inspected[]> =>
  JSON.parse(await bench.must(['image', 'inspect', ...images]));
const idOf = async (bench: ContainerBench, image: string): Promise<string> =>
  (await bench.must(['image', 'inspect', '-f', '{{.Id}}', image])).trim();

onEach(test, 'two commits give one layer more each, on identical lower ones', async (t, bench) => {
  await bench.must(['run', '--name', 'one', 'busybox', 'sh', '-c', 'echo 1 > /one; rm /etc/group']);
  const first = (
    await bench.must(['commit', '-a', 'Ada', '-m', 'first step', '-c', 'CMD ["cat", "/one"]', '-c', 'ENV X=y', 'one', 'made:1'])
  ).trim();
  await bench.must(['run', '--name', 'two', 'made:1', 'sh', '-c', 'echo 2 >> /one']);
  await bench.must(['commit', 'two', 'made:2']);
  const images = await inspect(bench, 'busybox', 'made:1', 'made:2');
  const [base = [], one = [], two = []] = images.map(({ RootFS }) => RootFS.Layers);
  t.is(base.length, 1);
  t.deepEqual([one.length, one.slice(0, 1)], [2, base]);
  t.deepEqual([two.length, two.slice(0, 2)], [3, one]);
  t.deepEqual(await bench.transcript(['run', '--rm', 'made:1']), ['1']);
  t.deepEqual(await bench.transcript(['run', '--rm', 'made:2', 'sh', '-c', 'cat /one; ls /etc/group 2>/dev/null || echo gone; echo $X']), [
    '1',
    '2',
    'gone',
    'y',
  ]);
  t.like(images[1], { Id: first, Author: 'Ada', Comment: 'first step', Config: { Cmd: ['cat', '/one'], Env: ['PATH=/bin', 'X=y'] } });
  const history = (await bench.must(['history', '--no-trunc', '--format', '{{.CreatedBy}}|{{.Comment}}', 'made:1'])).split('\n');
  t.is(history[0], 'sh -c echo 1 > /one; rm /etc/group|first step');
});

once(test, 'what did not change is no layer', async (t, bench) => {
  await bench.must(['run', '--name', 'same', 'busybox', 'true']);
  await bench.must(['commit', 'same', 'same']);
  const [same, base] = await inspect(bench, 'same', 'busybox');
  t.deepEqual(same?.RootFS.Layers, base?.RootFS.Layers);
  t.is(base?.RootFS.Layers.length, 1);
  t.deepEqual((await bench.transcript(['commit', '-c', 'RUN true', 'same']))[0], 'Error: RUN is not a valid change command');
  t.deepEqual((await bench.transcript(['commit', 'nothing']))[0], 'Error: No such container: nothing');
});

once(test, 'an image that a container uses is not removed, and with -f loses its names only', async (t, bench) => {
  const base = await idOf(bench, 'busybox');
  await bench.must(['run', '--name', 'user', 'busybox', 'touch', '/made']);
  await bench.must(['commit', 'user', 'child']);
  const using = (line: string) => line.replace(/[0-9a-f]{12}/g, '<short>');
  t.deepEqual((await bench.transcript(['rmi', 'busybox'])).map(using), [
    'Error: conflict: unable to remove repository reference "busybox" (must force) - container <short> is using its referenced image <short>',
    'Hint: With --force it loses its names and stays.',
    'exit 1',
  ]);
  t.deepEqual(
    (await bench.transcript(['rmi', base])).map(using)[0],
    'Error: conflict: unable to delete <short> (must be forced) - image is being used by stopped container <short>',
  );
  await bench.must(['tag', 'busybox', 'other']);
  t.deepEqual(await bench.transcript(['rmi', 'other']), ['Untagged: other:latest']);
  t.deepEqual(await bench.transcript(['rmi', '-f', 'busybox']), ['Untagged: busybox:latest']);
  t.deepEqual((await bench.transcript(['images', '-f', 'dangling=true', '-q'])).length, 1);
  t.deepEqual(await bench.transcript(['start', '-a', 'user']), []);
  t.deepEqual(
    (await bench.transcript(['rmi', 'child'])).map((line) => line.split(':')[0]),
    ['Untagged', 'Deleted', 'Deleted'],
  );
  await bench.must(['rm', 'user']);
  t.true((await bench.transcript(['rmi', base])).some((line) => line === `Deleted: ${base}`.replace(/[0-9a-f]{64}/, '<id>')));
  t.deepEqual(await bench.transcript(['images', '-q']), []);
});

once(test, 'the parent of an image loses its name only: the child keeps its layers', async (t, bench) => {
  await bench.must(['run', '--name', 'maker', 'busybox', 'touch', '/made']);
  await bench.must(['commit', 'maker', 'child']);
  await bench.must(['rm', 'maker']);
  const lines = await bench.transcript(['rmi', 'busybox']);
  t.is(lines[0], 'Untagged: busybox:latest');
  t.deepEqual(await bench.transcript(['run', '--rm', 'child', 'ls', '/made']), ['/made']);
});

onEach(test, 'diff, ps -s and export tell what a container has changed', async (t, bench) => {
  await bench.must([
    'run',
    '--name',
    'one',
    'busybox',
    'sh',
    '-c',
    'mkdir -p /srv/a; printf 12345 > /srv/a/b; rm /etc/group; chmod 700 /root',
  ]);
  t.deepEqual(await bench.transcript(['diff', 'one']), ['C /etc', 'D /etc/group', 'C /root', 'A /srv', 'A /srv/a', 'A /srv/a/b']);
  t.regex((await bench.must(['ps', '-as', '--format', '{{.Size}}'])).trim(), /^5B \(virtual \d/);
  const tar = bench.path('out.tar');
  await bench.must(['export', '-o', tar, 'one']);
  const names = (await mustRun('tar', ['-tf', tar])).split('\n');
  t.true(names.includes('srv/a/b') && names.includes('bin/busybox') && !names.includes('etc/group'));
  t.is(await mustRun('tar', ['-xOf', tar, 'srv/a/b']), '12345');
});

onEach(test, 'cp copies both ways, also through tar streams', async (t, bench) => {
  await bench.must([
    'run',
    '--name',
    'one',
    'busybox',
    'sh',
    '-c',
    'mkdir -p /srv/dir; echo in > /srv/dir/file; ln -s /etc/passwd /srv/link',
  ]);
  const out = bench.path('out');
  mkdirSync(out);
  const cp = (...args: readonly string[]) => bench.transcript(['cp', '-q', ...args]);
  t.deepEqual(await cp('one:/srv/dir/file', `${out}/renamed`), []);
  t.is(readFileSync(`${out}/renamed`, 'utf8'), 'in\n');
  t.deepEqual(await cp('one:/srv', out), []);
  t.is(readFileSync(`${out}/srv/dir/file`, 'utf8'), 'in\n');
  t.deepEqual(await cp('one:/srv/dir/.', out), []);
  t.is(readFileSync(`${out}/file`, 'utf8'), 'in\n');
  mkdirSync(`${out}/given/deep`, { recursive: true });
  writeFileSync(`${out}/given/deep/x`, 'x', { mode: 0o640 });
  t.deepEqual(await cp(`${out}/given`, 'one:/opt'), []);
  t.deepEqual(await cp(`${out}/given/deep/x`, 'one:/srv/dir'), []);
  const tar = await bench.must(['cp', 'one:/opt', '-']);
  t.regex(tar, /opt\/deep\/x/);
  const packed = bench.path('packed.tar');
  await mustRun('tar', ['-C', out, '-cf', packed, 'given']);
  await bench.must(['cp', '-', 'one:/srv'], { input: readFileSync(packed) });
  t.deepEqual(await bench.transcript(['diff', 'one']), [
    'A /opt',
    'A /opt/deep',
    'A /opt/deep/x',
    'A /srv',
    'A /srv/dir',
    'A /srv/dir/file',
    'A /srv/dir/x',
    'A /srv/given',
    'A /srv/given/deep',
    'A /srv/given/deep/x',
    'A /srv/link',
  ]);
  t.deepEqual((await cp('one:/none', out))[0], 'Error: Could not find the file /none in container one');
  t.deepEqual((await cp(`${out}/none`, 'one:/'))[0], `Error: lstat ${out}/none: no such file or directory`);
  t.deepEqual((await cp(out, 'one:/srv/dir/file'))[0], 'Error: cannot copy directory');
});

once(test, 'a symlink of a container leads cp nowhere else', async (t, bench) => {
  const victim = bench.path('victim');
  mkdirSync(victim);
  writeFileSync(bench.path('poison'), 'poison');
  await bench.must([
    'run',
    '--name',
    'evil',
    'busybox',
    'sh',
    '-c',
    `mkdir -p /srv; ln -s ${victim} /srv/out; ln -s ../../../../../../..${victim} /srv/up`,
  ]);
  symlinkSync('/etc/hostname', bench.path('hostlink'));
  for (const target of ['/srv/out/x', '/srv/up/x'])
    t.deepEqual((await bench.varve(['cp', '-q', bench.path('poison'), `evil:${target}`])).code, 1, target);
  t.deepEqual(await mustRun('ls', [victim]), '');
});
