import { copyFileSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessSpec } from '../../src/contracts/executor.ts';
import type { Claim } from '../executor-contract.ts';

/** What a process is started with, and how its end is told. */
export function processClaims(claim: Claim): void {
  claim('arguments arrive as they are', async (t, bench) => {
    const args = ['', 'a b', '$HOME', '"', "'", '\\', '-c', 'é\n', '*'];
    const { stdout } = await bench.run(['sh', '-c', 'for each; do printf "%s\\0" "$each"; done', 'sh', ...args]);
    t.deepEqual(Buffer.from(stdout, 'latin1').toString().split('\0').slice(0, -1), args);
  });

  claim('the environment is the given one and nothing else', async (t, bench) => {
    const env = ['PATH=/bin', 'HOME=/nowhere', 'with.dot=1', 'EMPTY=', 'EQ=a=b', 'LD_PRELOAD=./evil.so', '__proto__=x', 'SPACE=a  b'];
    const { stdout } = await bench.run(['env'], { env });
    t.deepEqual(stdout.trimEnd().split('\n').toSorted(), env.toSorted());
  });

  claim('a program has the name that it was asked for by', async (t, bench) => {
    writeFileSync(join(bench.root, 'bin/tool'), '#!/bin/sh\necho "$0"\n', { mode: 0o755 });
    symlinkSync('tool', join(bench.root, 'bin/alias'));
    t.is((await bench.run(['alias'])).stdout, '/bin/alias\n');
  });

  claim('a missing working directory is made, 0755, and stays', async (t, bench) => {
    const before = process.umask(0o077);
    t.teardown(() => process.umask(before));
    const { stdout } = await bench.run(['pwd'], { cwd: '/srv/app' });
    t.is(stdout, '/srv/app\n');
    for (const path of ['srv', 'srv/app']) t.is(lstatSync(join(bench.root, path)).mode & 0o7777, 0o755);
  });

  claim('the umask is 022, whatever this process has', async (t, bench) => {
    const before = process.umask(0o077);
    t.teardown(() => process.umask(before));
    t.is((await bench.sh('umask; touch /tmp/made; stat -c %a /tmp/made')).stdout, '0022\n644\n');
  });

  claim('user, group and supplementary groups are the given ones', async (t, bench) => {
    const user = { uid: 1234, gid: 567, groups: [8, 9] };
    const { stdout } = await bench.sh('id -u; id -g; for group in $(id -G); do echo $group; done | sort -n', { user });
    t.is(stdout, '1234\n567\n8\n9\n567\n');
    t.is((await bench.sh('id -u; id -G')).stdout, '0\n0\n');
  });

  claim('another user can write where it may, and to its own streams', async (t, bench) => {
    const user = { uid: 1234, gid: 1234, groups: [] };
    const { stdout, stderr } = await bench.sh('echo out >/dev/stdout; echo err >/dev/stderr; touch /x 2>/dev/null || echo no', { user });
    t.deepEqual([stdout, stderr], ['out\nno\n', 'err\n']);
  });

  const endings: readonly (readonly [what: string, args: readonly string[], exitCode: number, message: RegExp])[] = [
    ['success', ['true'], 0, /^$/],
    ['failure', ['sh', '-c', 'exit 42'], 42, /^$/],
    ['a program that is not in PATH', ['nope'], 127, /exec: "nope": executable file not found in \$PATH/],
    ['a path where nothing is', ['/bin/nope'], 127, /exec: "\/bin\/nope": stat \/bin\/nope: no such file or directory/],
    ['an empty name', [''], 127, /exec: "": executable file not found in \$PATH/],
    ['a file that is not executable', ['/plain'], 126, /exec: "\/plain": permission denied/],
    ['a directory', ['/tmp'], 126, /exec: "\/tmp": is a directory/],
    ['a script without an interpreter line', ['/raw'], 126, /exec format error/],
    ['a script whose interpreter is missing', ['/orphan'], 127, /exec \/orphan: no such file or directory/],
    ['a program whose loader is missing', ['/dynamic'], 127, /exec \/dynamic: no such file or directory/],
  ];
  for (const [what, args, exitCode, message] of endings)
    claim(`${what} ends with ${exitCode}`, async (t, bench) => {
      writeFileSync(join(bench.root, 'plain'), '#!/bin/sh\n', { mode: 0o644 });
      writeFileSync(join(bench.root, 'raw'), 'echo hi\n', { mode: 0o755 });
      if (args[0] === '/dynamic') copyFileSync(process.execPath, join(bench.root, 'dynamic'));
      writeFileSync(join(bench.root, 'orphan'), '#!/bin/missing\n', { mode: 0o755 });
      const result = await bench.run(args);
      t.is(result.exitCode, exitCode);
      t.regex(result.stderr, message);
    });

  claim('a process that a signal ends has 128 and the signal', async (t, bench) => {
    // The kernel itself sends SIGKILL at the hard limit, also to a PID 1, which ignores what others send.
    const result = await bench.sh('while :; do :; done', { ulimits: [{ type: 'cpu', soft: 1, hard: 1 }] });
    t.is(result.exitCode, 137);
  });

  claim('a program is looked for in its own PATH and inside the root', async (t, bench) => {
    mkdirSync(join(bench.root, 'opt/tools'), { recursive: true });
    writeFileSync(join(bench.root, 'opt/tools/hello'), '#!/bin/sh\necho hello\n', { mode: 0o755 });
    symlinkSync('/opt/tools', join(bench.root, 'link'));
    const cases: readonly (readonly [string, Partial<ProcessSpec>])[] = [
      ['hello', { env: ['PATH=/nowhere:/opt/tools'] }],
      ['hello', { env: ['PATH=/link'] }],
      ['./hello', { cwd: '/link' }],
      ['/link/hello', {}],
    ];
    for (const [name, changes] of cases) t.is((await bench.run([name], changes)).stdout, 'hello\n', JSON.stringify([name, changes]));
    t.is((await bench.run(['hello'], { env: ['PATH=/bin'] })).exitCode, 127);
    // As docker: no program by chance of where the process is.
    t.is((await bench.run(['hello'], { env: ['PATH=tools::.'], cwd: '/opt/tools' })).exitCode, 127);
  });

  claim('a program outside of the root is not found through a symlink', async (t, bench) => {
    writeFileSync(join(bench.dir, 'outside'), '#!/bin/sh\necho escaped\n', { mode: 0o755 });
    symlinkSync(`../../${'../'.repeat(20)}${bench.dir}/outside`, join(bench.root, 'bin/outside'));
    t.is((await bench.run(['outside'])).exitCode, 127);
  });

  claim('a root without a shell runs its program', async (t, bench) => {
    const root = bench.makeRoot('scratch', []);
    t.is((await bench.run(['/bin/busybox', 'echo', 'hi'], { root, env: [] })).stdout, 'hi\n');
  });

  claim('limits are set', async (t, bench) => {
    t.is((await bench.sh('ulimit -Sn; ulimit -Hn', { ulimits: [{ type: 'nofile', soft: 123, hard: 456 }] })).stdout, '123\n456\n');
  });
}
