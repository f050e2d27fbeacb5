import { readFileSync } from 'node:fs';
import { VarveError } from '../../src/errors.ts';
import type { CapabilityChanges } from '../container/request.ts';
import { DEFAULT_CAPABILITIES } from './defaults.ts';
import type { LaunchCapabilities } from './plan.ts';

/** In the order of the kernel's numbers (capabilities(7)). */
const NAMES =
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE'.split(
    ' ',
  );

/** What is asked of a process's capabilities; executors have it from `ProcessSpec`. */
export interface CapabilityRequest {
  readonly privileged?: boolean | undefined;
  readonly capabilities?: CapabilityChanges | undefined;
}

/**
 * The capabilities of a process by docker's rules: its default set and the changes of it.
 *
 * @throws VarveError `CAPABILITY_UNKNOWN` for a name that Linux does not have, `CAPABILITY_MISSING` for one that this process lacks
 */
export function resolveCapabilities({ privileged, capabilities = {} }: CapabilityRequest): LaunchCapabilities {
  const add = (capabilities.add ?? []).map(readName);
  const drop = (capabilities.drop ?? []).map(readName);
  if (privileged === true) return 'all';
  if (add.length + drop.length === 0) return 'docker';
  const own = ownCapabilities();
  const lacking = add.find((name) => name !== ALL && !own.includes(numberOf(name)));
  if (lacking !== undefined)
    throw new VarveError('CAPABILITY_MISSING', `The capability CAP_${lacking} cannot be given: varve itself does not have it here`);
  const numbers = (names: readonly string[]): readonly number[] => names.filter((name) => name !== ALL).map(numberOf);
  const dropped = new Set(numbers(drop));
  if (drop.includes(ALL)) return sorted(add.includes(ALL) ? own : numbers(add));
  if (add.includes(ALL)) return sorted(own.filter((number) => !dropped.has(number)));
  return sorted([...Object.values(DEFAULT_CAPABILITIES).filter((number) => !dropped.has(number)), ...numbers(add)]);
}

/** Names with `CAP_` in front, as runtimes want them. */
export function capabilityNames(capabilities: LaunchCapabilities): readonly string[] {
  if (capabilities === 'docker') return Object.keys(DEFAULT_CAPABILITIES);
  return (capabilities === 'all' ? ownCapabilities() : capabilities).flatMap((number) => NAMES[number] ?? []).map((name) => `CAP_${name}`);
}

const ALL = 'ALL';

function readName(text: string): string {
  const name = text.toUpperCase().replace(/^CAP_/, '');
  if (name === ALL || NAMES.includes(name)) return name;
  throw new VarveError('CAPABILITY_UNKNOWN', `There is no capability ${JSON.stringify(text)}`, {
    hint: 'See capabilities(7): NET_ADMIN, SYS_PTRACE and so on, or ALL.',
  });
}

const numberOf = (name: string): number => NAMES.indexOf(name);
const sorted = (numbers: readonly number[]): readonly number[] => [...new Set(numbers)].sort((a, b) => a - b);

/** Those in the bounding set: no child can have others. */
function ownCapabilities(): readonly number[] {
  const bounding = /^CapBnd:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  const set = BigInt(`0x${bounding}`);
  return NAMES.map((_, number) => number).filter((number) => ((set >> BigInt(number)) & 1n) === 1n);
}
