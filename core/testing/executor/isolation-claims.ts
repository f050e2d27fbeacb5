import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Claim } from '../executor-contract.ts';
import { unlessIsolated } from './when.ts';

/** What a process cannot see or do, and what it shares with the host. */
export function isolationClaims(claim: Claim): void {
  claim(
    "a process sees none of the host's",
    async (t, bench) => {
      const { stdout } = await bench.sh('ls /proc | grep -c "^[0-9]"; ps');
      t.true(Number(stdout.split('\n')[0]) < 8, stdout);
      t.notRegex(stdout, /node/);
    },
    unlessIsolated,
  );

  claim(
    "a process sees none of the host's mounts",
    async (t, bench) => {
      const { stdout } = await bench.sh('cat /proc/self/mounts');
      const targets = stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split(' ')[1] ?? '');
      t.deepEqual(
        targets.filter((target) => !/^\/($|proc|dev|sys|etc)/.test(target)),
        [],
      );
      t.false(stdout.includes('cgroup'));
    },
    unlessIsolated,
  );

  claim(
    "capabilities are docker's for root, and none for others",
    async (t, bench) => {
      const script = 'grep -E "^Cap(Prm|Eff|Bnd|Amb|Inh)" /proc/self/status | tr -d "\\t"; grep NoNewPrivs /proc/self/status | tr -d "\\t"';
      const docker = '00000000a80425fb';
      const none = '0000000000000000';
      const lines = (inh: string, prm: string): string =>
        `CapInh:${inh}\nCapPrm:${prm}\nCapEff:${prm}\nCapBnd:${docker}\nCapAmb:${none}\nNoNewPrivs:0\n`;
      t.is((await bench.sh(script)).stdout, lines(none, docker));
      t.is((await bench.sh(script, { user: { uid: 1000, gid: 1000, groups: [] } })).stdout, lines(none, none));
    },
    unlessIsolated,
  );

  claim(
    "the kernel's settings cannot be changed",
    async (t, bench) => {
      const attempts = [
        'echo x >/proc/sys/kernel/hostname',
        'echo b >/proc/sysrq-trigger',
        'touch /sys/x',
        'mount -t tmpfs x /tmp',
        'mount -o remount,rw /proc/sys',
        'umount /proc/sys',
        'hostname other',
      ];
      for (const attempt of attempts) t.not((await bench.sh(`(${attempt}) 2>/dev/null`)).exitCode, 0, attempt);
      t.is((await bench.sh('cat /proc/keys /proc/timer_list /sys/firmware/* 2>/dev/null')).stdout, '');
    },
    unlessIsolated,
  );

  claim(
    'device nodes can be made and not opened',
    async (t, bench) => {
      const script = 'for dir in /tmp /dev; do mknod $dir/made b 7 0 && ! cat $dir/made 2>/dev/null && echo closed; rm $dir/made; done';
      t.is((await bench.sh(script)).stdout, 'closed\nclosed\n');
    },
    unlessIsolated,
  );

  claim(
    'the root of the host cannot be reached through PID 1',
    async (t, bench) => {
      const { stdout } = await bench.sh('for link in root cwd exe; do readlink /proc/1/$link; done; ls /proc/1/root/');
      t.false(stdout.includes(bench.dir));
      t.notRegex(stdout, /work|boot|lost\+found/);
    },
    unlessIsolated,
  );

  claim(
    "the host name is the given one, and the host's stays",
    async (t, bench) => {
      const before = hostname();
      t.is(
        (await bench.sh('hostname; cat /etc/hostname; grep -c builder /etc/hosts', { hostname: 'builder' })).stdout,
        'builder\nbuilder\n1\n',
      );
      t.is((await bench.sh('hostname')).stdout.includes(before), false);
      t.is(hostname(), before);
    },
    unlessIsolated,
  );

  claim('no session keyring is made', async (t, bench) => {
    let keys = '';
    await bench.sh('echo ready; sleep 0.2', {}, { stdout: () => (keys = readFileSync('/proc/keys', 'latin1')) });
    t.notRegex(keys, /_ses\.[^:]*(varve|run)/);
    t.is(keys.split('\n').length, readFileSync('/proc/keys', 'latin1').split('\n').length);
  });

  claim("the default network is the host's", async (t, bench) => {
    const names = (text: string): readonly string[] => text.split('\n').flatMap((line) => /^\s*(\S+):/.exec(line)?.[1] ?? []);
    for (const network of ['default', 'host'] as const)
      t.deepEqual(names((await bench.sh('cat /proc/net/dev', { network })).stdout), names(readFileSync('/proc/net/dev', 'latin1')));
  });

  claim('without a network there is a loopback interface alone, and it is up', async (t, bench) => {
    if (!bench.executor.capabilities.networks.includes('none')) {
      await t.throwsAsync(bench.run(['true'], { network: 'none' }), { code: 'EXECUTOR_NETWORK' });
      return;
    }
    const { stdout } = await bench.sh('ip -o link', { network: 'none' });
    t.regex(stdout, /^1: lo: <[^>]*\bUP\b[^>]*>.*\n$/);
  });
}
