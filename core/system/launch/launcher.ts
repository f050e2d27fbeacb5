import { closeSync, openSync, readlinkSync, writeFileSync } from 'node:fs';
import { messageOf } from '../../src/errors.ts';
import { attempt, call } from './calls.ts';
import { carryMount } from './carried-mounts.ts';
import { carryOut } from './carry-out.ts';
import { DEFAULT_CAPABILITIES } from './defaults.ts';
import type { HeldNamespace, LaunchEvent, LaunchGroups, LaunchMessage, LaunchOrder, LaunchPlan, LaunchUser, Privileges } from './plan.ts';
import { spawnProgram } from './spawn-program.ts';
import { type OpenTerminal, openTerminal } from './terminal.ts';
import { enterNamespaces, leaveNamespaces } from './thread-namespaces.ts';

/*
 * How a thread goes into a container, starts one program there and comes back. Linux keeps namespaces, root, working directory, umask,
 * user ids and capabilities per thread, so the rest of the process notices nothing, and a child inherits those of the thread that forks
 * it. No program of the host is executed with the container's environment or root: no LD_PRELOAD of a build file ever meets one.
 *
 * Everything but the capability bounding set can be taken back. That one only matters to programs that are executed, so a thread gives
 * up once what its children must not have, and keeps its own capabilities.
 */

/** Makes the thread that calls it one that starts processes with these privileges. */
export function becomeLauncher({ capabilities, noNewPrivileges }: Privileges): void {
  if (capabilities !== 'all') limitCapabilities(new Set(capabilities === 'docker' ? Object.values(DEFAULT_CAPABILITIES) : capabilities));
  if (noNewPrivileges === true) call('prctl', 38, 1, 0, 0, 0); // PR_SET_NO_NEW_PRIVS
  call('unshare', 0x200); // CLONE_FS: a root and working directory of its own
}

export function fulfil(order: LaunchOrder, post: (message: LaunchMessage) => void): void {
  const say = (event: LaunchEvent): void => post({ id: order.id, event });
  let failure: unknown;
  let started: ReturnType<typeof launch> | undefined;
  try {
    started = launch(order);
  } catch (cause) {
    failure = cause;
  }
  try {
    leaveNamespaces();
    if (order.plan.groups !== undefined) moveTo(order.plan.groups.homes, order.plan.groups);
    if (started === undefined) say({ kind: 'failed', message: messageOf(failure), broken: false });
    else if ('code' in started) say({ kind: 'not-executed', code: started.code });
    else say({ kind: 'started', ...started });
  } catch (cause) {
    say({ kind: 'failed', message: messageOf(failure ?? cause), broken: true });
  }
}

interface Started {
  readonly pid: number;
  readonly namespace: HeldNamespace | undefined;
  readonly terminal: number | undefined;
}

function launch({ plan, stdio, namespacesOf }: LaunchOrder): Started | { readonly code: string } {
  const terminal = furnish(plan, namespacesOf);
  // With a pid namespace nobody asks for it, and this thread, which is outside, is not in that one's /proc.
  const namespace = plan.namespaces.includes('pid') ? undefined : holdNamespace();
  const close = (): void => {
    if (namespace !== undefined) closeSync(namespace.fd);
    if (terminal !== undefined) closeSync(terminal.master);
  };
  try {
    confine(plan);
    const { program, args } = plan;
    const child = spawnProgram({
      program,
      args: args.length === 0 ? [program] : args,
      env: environment(plan.env),
      files: terminal?.path ?? stdio,
    });
    if ('pid' in child) return { ...child, namespace, terminal: terminal?.master };
    close();
    return child;
  } catch (failure) {
    close();
    throw failure;
  }
}

/** All that needs the host's files. */
function furnish(plan: LaunchPlan, namespacesOf: number | undefined): OpenTerminal | undefined {
  if (plan.groups !== undefined) moveTo(plan.groups.dirs, plan.groups);
  const carried = (plan.carried ?? []).map(carryMount);
  enterNamespaces(plan.namespaces, namespacesOf);
  for (const attach of carried) attach();
  call('umask', 0o022);
  for (const step of plan.steps) carryOut(step);
  if (plan.namespaces.includes('network')) raiseLoopback();
  if (plan.hostname !== undefined && plan.namespaces.includes('uts')) call('sethostname', plan.hostname, Buffer.byteLength(plan.hostname));
  return plan.terminal === undefined ? undefined : openTerminal(plan.terminal, plan.user);
}

/** This thread, or this process where threads cannot go alone; a child begins where its parent is. */
function moveTo(dirs: readonly string[], { takesThreads }: LaunchGroups): void {
  for (const dir of dirs) writeFileSync(`${dir}/${takesThreads ? 'tasks' : 'cgroup.procs'}`, '0');
}

function confine({ root, cwd, limits = [], user }: LaunchPlan): void {
  if (root !== undefined) enterRoot(root);
  enterDirectory(cwd);
  for (const { type, soft, hard } of limits) setLimit(type, { soft, hard });
  becomeUser(user);
  attempt('close_range', 3, 0xffffffff, 4); // CLOSE_RANGE_CLOEXEC: whatever a library left open stays here
}

function enterDirectory(path: string): void {
  try {
    call('chdir', path);
  } catch (cause) {
    throw new Error(`the working directory ${JSON.stringify(path)} cannot be entered: ${messageOf(cause)}`, { cause });
  }
}

const holdNamespace = (): HeldNamespace => ({
  id: readlinkSync('/proc/thread-self/ns/mnt'),
  fd: openSync('/proc/thread-self/ns/mnt', 'r'),
});

/** pivot_root(2) puts the old root onto the new one, where it is taken away at once. PID 1 moves along, since its root was the old one. */
function enterRoot({ path, how }: NonNullable<LaunchPlan['root']>): void {
  call('chdir', path);
  if (how === 'chroot') call('chroot', '.');
  else {
    call('pivot_root', '.', '.');
    call('umount2', '.', 2); // MNT_DETACH
  }
  call('chdir', '/');
}

/** The saved ids stay root's, to come back by; an executed program loses them, and gets no capabilities from them. */
function becomeUser({ uid, gid, groups }: LaunchUser): void {
  call('setgroups', groups.length, Buffer.from(Uint32Array.from(groups).buffer));
  call('setresgid', gid, gid, 0);
  call('setresuid', uid, uid, 0);
}

/** Of several entries for one variable the last one counts; what is no entry is left out. */
const environment = (entries: readonly string[]): readonly string[] => [
  ...new Map(
    entries.flatMap((entry) => {
      const equals = entry.indexOf('=', 1);
      return equals === -1 ? [] : [[entry.slice(0, equals), entry] as const];
    }),
  ).values(),
];

/** netdevice(7): SIOCSIFFLAGS with IFF_UP on `lo`. */
function raiseLoopback(): void {
  const socket = call('socket', 2, 0o2000001, 0);
  const request = Buffer.alloc(40);
  request.write('lo', 'latin1');
  request.writeInt16LE(1, 16);
  call('ioctl', socket, 0x8914, request);
  call('close', socket);
}

function limitCapabilities(kept: ReadonlySet<number>): void {
  for (let capability = 0; ; capability += 1) {
    const has = attempt('prctl', 23, capability, 0, 0, 0); // PR_CAPBSET_READ; fails past the kernel's last one
    if (has < 0) return;
    if (has === 1 && !kept.has(capability)) call('prctl', 24, capability, 0, 0, 0); // PR_CAPBSET_DROP
  }
}

/** Numbers that Linux's 64-bit machines share. */
const LIMITS = 'cpu fsize data stack core rss nproc nofile memlock as locks sigpending msgqueue nice rtprio rttime'.split(' ');

/** Of the whole process, not of the thread alone. */
function setLimit(type: string, limit: { readonly soft: number; readonly hard: number }): void {
  const resource = LIMITS.indexOf(type);
  if (resource === -1) throw new Error(`there is no limit ${JSON.stringify(type)}, only ${LIMITS.join(', ')}`);
  const values = [limit.soft, limit.hard].map((value) => (value < 0 ? 0xffffffffffffffffn : BigInt(value)));
  call('prlimit64', 0, resource, Buffer.from(BigUint64Array.from(values).buffer), null);
}
