import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CapabilityChanges } from '../../src/contracts/executor.ts';
import type { Claim } from '../executor-contract.ts';
import { scan } from './executor-bench.ts';
import { execute, hold, Input, WAIT } from './held.ts';
import { unlessHas } from './when.ts';

const EFFECTIVE = 'grep CapEff /proc/self/status | tr -dc 0-9a-f';
const DOCKER = 0xa80425fbn;
const bit = (number: number): bigint => 1n << BigInt(number);
const own = (): bigint => BigInt(`0x${/^CapBnd:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]}`);

/** More and less than a process has by default. */
export function privilegeClaims(claim: Claim): void {
  const changes: readonly (readonly [what: string, changes: CapabilityChanges, expected: () => bigint])[] = [
    ['one added', { add: ['NET_ADMIN'] }, () => DOCKER | bit(12)],
    ['one dropped, by its long name', { drop: ['cap_chown'] }, () => DOCKER & ~bit(0)],
    ['all dropped but one', { add: ['CHOWN'], drop: ['ALL'] }, () => bit(0)],
    ['none', { drop: ['all'] }, () => 0n],
    ['all that there are', { add: ['ALL'] }, own],
    ['all but one', { add: ['ALL'], drop: ['SYS_ADMIN'] }, () => own() & ~bit(21)],
  ];
  for (const [what, capabilities, expected] of changes)
    claim(
      `capabilities of a process: ${what}`,
      async (t, bench) => {
        const { stdout } = await bench.sh(EFFECTIVE, { capabilities });
        t.is(stdout.slice(-16), expected().toString(16).padStart(16, '0'));
      },
      unlessHas('capabilities'),
    );

  claim(
    'capabilities that do not exist, or that varve lacks, are refused',
    async (t, bench) => {
      await t.throwsAsync(bench.sh('true', { capabilities: { add: ['FLY'] } }), { code: 'CAPABILITY_UNKNOWN' });
      const lacking = Array.from({ length: 41 }, (_, number) => number).find((number) => (own() & bit(number)) === 0n);
      if (lacking === 24)
        await t.throwsAsync(bench.sh('true', { capabilities: { add: ['SYS_RESOURCE'] } }), { code: 'CAPABILITY_MISSING' });
    },
    unlessHas('capabilities'),
  );

  claim(
    'a process that may not gain privileges is told so, and its setuid programs stay without',
    async (t, bench) => {
      const script = 'grep NoNewPrivs /proc/self/status | tr -d "\\t"';
      t.is((await bench.sh(script, { noNewPrivileges: true })).stdout, 'NoNewPrivs:1\n');
      t.is((await bench.sh(script)).stdout, 'NoNewPrivs:0\n');
    },
    unlessHas('noNewPrivileges'),
  );

  claim(
    'a read-only root cannot be written, mounts can, and it is as it was',
    async (t, bench) => {
      mkdirSync(join(bench.dir, 'writable'));
      const mounts = [
        { type: 'bind' as const, source: join(bench.dir, 'writable'), target: '/data', options: ['rbind'] },
        { type: 'tmpfs' as const, source: 'tmpfs', target: '/tmp', options: [] },
      ];
      const before = scan(bench.root);
      const script = 'for dir in / /etc /data /tmp /dev/shm; do touch $dir/made 2>/dev/null && echo $dir; done; test -s /etc/hosts && pwd';
      const { stdout } = await bench.sh(script, { readOnly: true, mounts, cwd: '/data/new' });
      t.is(stdout, '/data\n/tmp\n/dev/shm\n/data/new\n');
      t.deepEqual(scan(bench.root), before);
      writeFileSync(join(bench.root, 'still'), 'writable here');
    },
    unlessHas('readOnly'),
  );

  claim(
    'devices of the host are where they were asked for, and leave no trace',
    async (t, bench) => {
      const before = scan(bench.root);
      const devices = ['/dev/mine', '/opt/dev/mine'].map((target) => ({ source: '/dev/zero', target, permissions: 'rwm' }));
      const { stdout } = await bench.sh('for dev in /dev/mine /opt/dev/mine; do test -c $dev && head -c 3 $dev | wc -c; done', { devices });
      t.is(stdout, '3\n3\n');
      t.deepEqual(scan(bench.root), before);
      await t.throwsAsync(bench.sh('true', { devices: [{ source: '/dev/nope', target: '/dev/x', permissions: 'rwm' }] }), {
        code: 'DEVICE_MISSING',
      });
      await t.throwsAsync(bench.sh('true', { devices: [{ source: '/dev/null', target: '/dev/x', permissions: 'x' }] }), {
        code: 'DEVICE_PERMISSIONS',
      });
    },
    unlessHas('devices'),
  );

  claim(
    'programs of the host are run at their moments, outside of the container',
    async (t, bench) => {
      const before = scan(bench.root);
      const told = join(bench.dir, 'told');
      const hook = (when: 'createRuntime' | 'poststop') => ({
        when,
        path: '/bin/sh',
        args: ['sh', '-c', 'cat >/dev/null; echo "$1 $A" >>"$2"', 'hook', when, told],
        env: ['A=1', 'PATH=/usr/bin:/bin'],
        timeout: 60,
      });
      const { stdout } = await bench.sh(`test -e ${told} || echo apart`, { hooks: [hook('createRuntime'), hook('poststop')] });
      t.is(stdout, 'apart\n');
      t.is(readFileSync(told, 'utf8'), 'createRuntime 1\npoststop 1\n');
      t.deepEqual(scan(bench.root), before);
      const failing = { when: 'createRuntime' as const, path: '/bin/sh', args: ['sh', '-c', 'cat >/dev/null; exit 3'] };
      await t.throwsAsync(bench.sh('true', { hooks: [failing] }), { code: 'EXECUTOR_FAILED' });
    },
    unlessHas('hooks'),
  );

  claim(
    'a device may be had for reading alone, where the host can tell',
    async (t, bench) => {
      const devices = [{ source: '/dev/zero', target: '/dev/mine', permissions: 'r' }];
      const run = bench.sh('head -c 3 /dev/mine | wc -c; echo x 2>/dev/null >/dev/mine || echo no; echo x >/dev/null && echo yes', {
        devices,
      });
      if (existsSync('/sys/fs/cgroup/devices')) t.is((await run).stdout, '3\nno\nyes\n');
      else await t.throwsAsync(run, { code: 'CGROUP_MISSING' });
    },
    unlessHas('devices'),
  );

  claim(
    'a privileged process has all capabilities and devices, and may mount',
    async (t, bench) => {
      const script = `${EFFECTIVE}; echo; mknod /tmp/zero c 1 5 && head -c 3 /tmp/zero | wc -c
        mount -t tmpfs none /run && echo mounted; test -w /proc/sys/kernel/hostname && echo open; ls -l /dev | grep -c "^[bc]"`;
      const { stdout } = await bench.sh(script, { privileged: true });
      const [capabilities = '', read, mounted, open, devices] = stdout.split('\n');
      t.is(capabilities.slice(-16), own().toString(16).padStart(16, '0'));
      t.deepEqual([read, mounted, open], ['3', 'mounted', 'open']);
      t.true(Number(devices) > 6, devices);
    },
    unlessHas('privileged'),
  );

  claim(
    'another process may have all capabilities in a container that has not',
    async (t, bench) => {
      const container = await hold(bench, WAIT, { spec: { capabilities: { drop: ['ALL'] } }, io: { stdin: new Input() } });
      await container.until(/ready/);
      const plain = await (await execute(container, EFFECTIVE)).end();
      const full = await (await execute(container, EFFECTIVE, { spec: { privileged: true } })).end();
      t.deepEqual(
        [plain, full].map(({ text }) => text.slice(-16)),
        ['0'.repeat(16), own().toString(16).padStart(16, '0')],
      );
      container.process.signal('SIGKILL');
      await container.end();
    },
    unlessHas('start', 'exec', 'capabilities'),
  );

  claim(
    'an init passes signals on and reaps orphans',
    async (t, bench) => {
      const container = await hold(bench, '(sleep 0.01 &); echo ready; exec sleep 100000', { spec: { init: true } });
      await container.until(/ready/);
      container.process.signal('SIGTERM'); // PID 1 would ignore it
      t.is((await container.end()).exitCode, 143);
    },
    unlessHas('start', 'init'),
  );

  claim('name servers are the given ones', async (t, bench) => {
    const dns = { servers: ['192.0.2.1', '192.0.2.2'], search: ['example.org'], options: ['ndots:2'] };
    const { stdout } = await bench.sh('cat /etc/resolv.conf', { dns });
    t.regex(stdout, /nameserver 192\.0\.2\.1\nnameserver 192\.0\.2\.2\nsearch example\.org\noptions ndots:2\n$/);
    t.is(stdout.match(/nameserver/g)?.length, 2);
  });
}
