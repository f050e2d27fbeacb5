import { readFileSync } from 'node:fs';
import { VarveError } from '../../src/errors.ts';
import { Sandbox } from './sandbox.ts';

/** Why this process may not mount and make namespaces. */
export const whyNotAdmin = (): string | undefined => whyNotRoot(21);

const NAMES: Readonly<Record<number, string>> = { 18: 'CAP_SYS_CHROOT', 21: 'CAP_SYS_ADMIN' };

/** Why this process is not root with a certain capability, given by its number. */
export function whyNotRoot(capability: number): string | undefined {
  if (process.geteuid?.() !== 0) return 'it needs root';
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  if (((BigInt(`0x${effective}`) >> BigInt(capability)) & 1n) === 1n) return undefined;
  return `it needs the capability ${NAMES[capability] ?? capability}, which root lacks here (an unprivileged container?)`;
}

/** Makes a pid and a mount namespace to see whether it works; the reason otherwise, as unshare(1) or setpriv(1) give it. */
export async function whySandboxUnavailable(): Promise<string | undefined> {
  try {
    const sandbox = await Sandbox.open(['mount', 'pid', 'ipc', 'uts'], '/proc');
    void sandbox.close();
    return undefined;
  } catch (failure) {
    if (!VarveError.is(failure)) throw failure;
    return `${failure.message} (it needs util-linux: unshare, setpriv, mount)`;
  }
}
