import { readdirSync, readFileSync } from 'node:fs';

/** What a tree of processes holds, in bytes. */
export interface Memory {
  readonly resident: number;
  readonly anonymous: number;
}

/** Reads a file of /proc; a process that has ended has none. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function list(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** A process and all below it. Children belong to the thread that made them. */
export function processTree(pid: number): readonly number[] {
  const children = list(`/proc/${pid}/task`).flatMap((thread) => read(`/proc/${pid}/task/${thread}/children`).trim().split(' '));
  return [pid, ...children.filter((child) => child !== '').flatMap((child) => processTree(Number(child)))];
}

/** Processes by their program's name, as `/proc/<pid>/comm` has it (15 characters at most). */
export function processesCalled(names: readonly string[]): readonly number[] {
  if (names.length === 0) return [];
  const wanted = new Set(names.map((name) => name.slice(0, 15)));
  return list('/proc')
    .filter((pid) => /^\d+$/.test(pid) && wanted.has(read(`/proc/${pid}/comm`).trim()))
    .map(Number);
}

/** CPU seconds that a process has used, without those of its children. */
export function cpuOf(pid: number): number {
  const fields = read(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / 100; // USER_HZ is 100 on every Linux that Node runs on
}

/** Watches a command and the daemons that work for it, every 20 ms. */
export class TreeWatch {
  readonly #roots: readonly number[];
  readonly #before = new Map<number, number>();
  readonly #cpu = new Map<number, number>();
  readonly #timer: NodeJS.Timeout;
  readonly #daemons: readonly string[];
  #peak: Memory = { resident: 0, anonymous: 0 };

  constructor(pid: number, daemons: readonly string[]) {
    this.#roots = [pid];
    this.#daemons = daemons;
    for (const served of this.#serving()) this.#before.set(served, cpuOf(served));
    this.#timer = setInterval(() => this.#look(), 20);
  }

  /** Ends watching. `cpu`: seconds used by the daemons; those of the command are known to who waits for it. */
  stop(): { readonly memory: Memory; readonly cpu: number } {
    clearInterval(this.#timer);
    this.#look();
    let cpu = 0;
    for (const [pid, last] of this.#cpu) cpu += last - (this.#before.get(pid) ?? 0);
    return { memory: this.#peak, cpu };
  }

  #serving(): readonly number[] {
    return [...new Set(processesCalled(this.#daemons).flatMap(processTree))];
  }

  #look(): void {
    const serving = this.#serving();
    for (const pid of serving) this.#cpu.set(pid, cpuOf(pid));
    let [resident, anonymous, highest] = [0, 0, 0];
    for (const pid of new Set([...this.#roots.flatMap(processTree), ...serving])) {
      const status = read(`/proc/${pid}/status`);
      const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) * 1024;
      resident += field('VmRSS');
      anonymous += field('RssAnon') + field('RssShmem');
      highest = Math.max(highest, this.#roots.includes(pid) ? field('VmHWM') : 0);
    }
    this.#peak = {
      resident: Math.max(this.#peak.resident, resident, highest),
      anonymous: Math.max(this.#peak.anonymous, anonymous),
    };
  }
}
