import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessSpec } from '../../src/contracts/executor.ts';
import type { Claim } from '../executor-contract.ts';
import { type ExecutorBench, scan } from './executor-bench.ts';

/** What is mounted into a root, and that nothing of it stays. */
export function rootClaims(claim: Claim): void {
  const roots: readonly (readonly [what: string, change: (bench: ExecutorBench) => string])[] = [
    ['a usual root', (bench) => bench.root],
    ['a root with nothing but programs', (bench) => bench.makeRoot('bare', [])],
    ['files of its own in /etc', (bench) => withFiles(bench, { hosts: 'own\n', 'resolv.conf': 'own\n', hostname: 'own\n' })],
    ['a resolv.conf that leads nowhere', (bench) => withLink(bench, '../run/systemd/resolve/stub-resolv.conf')],
    ['a resolv.conf that leads out of the root', (bench) => withLink(bench, `${'../'.repeat(30)}${bench.dir}/victim`)],
    ['a resolv.conf that leads to a path of the host', (bench) => withLink(bench, join(bench.dir, 'victim'))],
    ['a symlink in place of /etc', (bench) => withLinkedEtc(bench)],
  ];
  for (const [what, change] of roots)
    claim(`${what} shows hosts and resolv.conf and keeps no trace of a run`, async (t, bench) => {
      const victim = join(bench.dir, 'victim');
      writeFileSync(victim, 'untouched');
      const root = change(bench);
      age(root);
      const before = scan(root);
      const { stdout } = await bench.sh('cat /etc/hosts /etc/resolv.conf', { root, hosts: [['10.1.2.3', 'backend']] });
      t.regex(stdout, /^127\.0\.0\.1\s+localhost/m);
      t.regex(stdout, /^10\.1\.2\.3\s+backend$/m);
      t.true(stdout.endsWith(readFileSync('/etc/resolv.conf', 'latin1')));
      t.deepEqual(scan(root), before);
      t.is(readFileSync(victim, 'utf8'), 'untouched');
    });

  claim('mounts appear in order and keep no trace', async (t, bench) => {
    const { mounts } = sources(bench);
    symlinkSync('/run', join(bench.root, 'var/run'));
    age(bench.root);
    const before = scan(bench.root);
    const script =
      'cat /new/dir/file /run/secrets/token /cache/inner/file; ls /cache; touch /new/dir/x 2>/dev/null || echo read-only; echo kept >/work/kept';
    const { stdout, exitCode } = await bench.sh(script, { mounts });
    t.is(exitCode, 0);
    t.is(stdout, 'content\nsecret\ncontent\ninner\nread-only\n');
    t.deepEqual(scan(bench.root), before);
    t.is(readFileSync(join(bench.dir, 'writable/kept'), 'utf8'), 'kept\n');
  });

  claim('a size of a tmpfs and of /dev/shm is kept to', async (t, bench) => {
    const mounts = [{ type: 'tmpfs' as const, source: 'tmpfs', target: '/small', options: ['size=1m'] }];
    const { stdout } = await bench.sh('for dir in /small /dev/shm; do df -k $dir | tail -n 1 | tr -s " " | cut -d " " -f 2; done', {
      mounts,
      shmSize: 2 * 1024 * 1024,
      env: ['PATH=/bin'],
    });
    t.is(stdout, '1024\n2048\n');
  });

  claim('a tmpfs has the mode that was asked for, whatever it is mounted over', async (t, bench) => {
    const mounts = ['/missing', '/etc'].map((target) => ({ type: 'tmpfs' as const, source: 'tmpfs', target, options: ['mode=1770'] }));
    const before = scan(bench.root);
    t.is((await bench.sh('stat -c %a /missing /etc', { mounts, env: ['PATH=/bin'] })).stdout, '1770\n1770\n');
    t.deepEqual(scan(bench.root), before);
  });

  claim('what a process puts beside a mount point stays', async (t, bench) => {
    rmSync(join(bench.root, 'run'), { recursive: true });
    const { mounts } = sources(bench);
    await bench.sh('echo mine >/run/secrets/mine', {
      mounts: mounts.filter(({ target }) => target.startsWith('/var/run')).map((mount) => ({ ...mount, target: '/run/secrets/token' })),
    });
    t.is(readFileSync(join(bench.root, 'run/secrets/mine'), 'utf8'), 'mine\n');
    t.false(existsSync(join(bench.root, 'run/secrets/token')));
  });

  claim('a directory that the process changed keeps its new time', async (t, bench) => {
    age(bench.root);
    rmSync(join(bench.root, 'etc'), { recursive: true });
    mkdirSync(join(bench.root, 'etc'));
    age(bench.root);
    await bench.sh('echo 1 >/etc/made');
    t.true(lstatSync(join(bench.root, 'etc')).mtimeMs > Date.now() - 60_000);
    t.deepEqual(Object.keys(scan(join(bench.root, 'etc'))), ['', '/made']);
  });

  claim('a mount point that is a file where a directory is mounted is refused', async (t, bench) => {
    writeFileSync(join(bench.root, 'file'), '');
    const before = scan(bench.root);
    const mounts = [{ type: 'bind' as const, source: bench.dir, target: '/file', options: ['rbind'] }];
    const error = await t.throwsAsync(bench.run(['true'], { mounts }), { code: 'EXECUTOR_FAILED' });
    t.regex(error?.message ?? '', /\/file/);
    t.deepEqual(scan(bench.root), before);
  });

  claim('runs beside each other in one root do not take their mount points away', async (t, bench) => {
    const root = bench.makeRoot('shared', []);
    age(root);
    const before = scan(root);
    const times = ['0.4', '0.1', '0.2', '0', '0.3'];
    const outputs = await Promise.all(
      times.map(async (time) => await bench.sh(`sleep ${time}; cat /etc/hosts >/dev/null && test -c /dev/null && echo ${time}`, { root })),
    );
    t.deepEqual(
      outputs.map(({ stdout }) => stdout.trim()),
      times,
    );
    t.deepEqual(scan(root), before);
  });

  const nodes: readonly (readonly [path: string, test: string])[] = [
    ...['null', 'zero', 'full', 'random', 'urandom', 'tty'].map((name) => [`/dev/${name}`, '-c'] as const),
    ...['fd', 'stdin', 'stdout', 'stderr', 'ptmx'].map((name) => [`/dev/${name}`, '-L'] as const),
    ['/dev/pts', '-d'],
    ['/dev/shm', '-d'],
  ];
  claim('/dev is laid out as docker does', async (t, bench) => {
    const script = nodes.map(([path, test]) => `test ${test} ${path} || echo "${path} is missing"`).join('\n');
    t.is((await bench.sh(script)).stdout, '');
    const use =
      'echo x >/dev/null && head -c 3 /dev/zero | wc -c && head -c 4 /dev/urandom | wc -c && echo >/dev/shm/x && test -c /dev/ptmx && ls /dev | wc -l';
    t.regex((await bench.sh(use)).stdout, /^3\n4\n1[0-9]\n$/);
  });
}

/** A root that was not touched lately, so that a change of a time is seen. */
function age(root: string): void {
  for (const path of Object.keys(scan(root)))
    if (!lstatSync(join(root, path)).isSymbolicLink()) utimesSync(join(root, path), 1_000_000_000, 1_000_000_000.123);
}

function withFiles(bench: ExecutorBench, files: Readonly<Record<string, string>>): string {
  for (const [name, content] of Object.entries(files)) writeFileSync(join(bench.root, 'etc', name), content);
  return bench.root;
}

function withLink(bench: ExecutorBench, target: string): string {
  symlinkSync(target, join(bench.root, 'etc/resolv.conf'));
  return bench.root;
}

function withLinkedEtc(bench: ExecutorBench): string {
  const root = bench.makeRoot('linked', ['usr/share/etc']);
  symlinkSync('/usr/share/etc', join(root, 'etc'));
  return root;
}

/** Read-only, file, writable, tmpfs and a bind inside of the tmpfs. */
function sources({ dir }: ExecutorBench): Pick<ProcessSpec, 'mounts'> {
  for (const name of ['source', 'writable']) {
    mkdirSync(join(dir, name));
    chmodSync(join(dir, name), 0o777);
  }
  writeFileSync(join(dir, 'source/file'), 'content\n');
  writeFileSync(join(dir, 'token'), 'secret\n');
  return {
    mounts: [
      { type: 'bind', source: join(dir, 'source'), target: '/new/dir', options: ['rbind', 'ro'] },
      { type: 'bind', source: join(dir, 'token'), target: '/var/run/secrets/token', options: ['bind', 'ro'] },
      { type: 'bind', source: join(dir, 'writable'), target: '/work', options: ['rbind'] },
      { type: 'tmpfs', source: 'tmpfs', target: '/cache', options: ['mode=755'] },
      { type: 'bind', source: join(dir, 'source'), target: '/cache/inner', options: ['rbind', 'ro'] },
    ],
  };
}
