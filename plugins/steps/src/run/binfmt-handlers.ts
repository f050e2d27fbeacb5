import { mkdtempSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VarveError } from '@varve/core';
import { mount, unmount } from '@varve/core/system';
import { elfHeader } from './elf-header.ts';

/** What the kernel hands programs to that it cannot run itself (binfmt_misc). */
export interface BinfmtHandler {
  readonly name: string;
  readonly interpreter: string;
  /** Opened when it was registered (flag F): it need not be in an image's root. */
  readonly isFixed: boolean;
  readonly offset: number;
  readonly magic: Buffer;
  readonly mask: Buffer;
}

const PLACE = '/proc/sys/fs/binfmt_misc';

/**
 * The handlers that are switched on. In a container the file system that lists them is often not mounted, while they work: then it is mounted
 * for this look.
 * @returns `undefined`: nobody may look
 */
export async function binfmtHandlers(): Promise<readonly BinfmtHandler[] | undefined> {
  if (read(PLACE, 'status') !== undefined) return handlersIn(PLACE);
  const dir = mkdtempSync(join(tmpdir(), 'varve-binfmt-'));
  try {
    await mount({ source: 'binfmt_misc', type: 'binfmt_misc', target: dir, options: ['ro', 'nosuid', 'nodev', 'noexec'] });
    try {
      return handlersIn(dir);
    } finally {
      await unmount(dir);
    }
  } catch (failure) {
    if (VarveError.is(failure)) return undefined;
    throw failure;
  } finally {
    rmdirSync(dir);
  }
}

/** The handler that takes programs for an architecture. */
export function handlerFor(architecture: string, handlers: readonly BinfmtHandler[]): BinfmtHandler | undefined {
  const header = elfHeader(architecture);
  return header && handlers.find(({ offset, magic, mask }) => magic.every((byte, i) => isEqual(byte, header[offset + i], mask[i])));
}

const isEqual = (byte: number, found = 0, mask = 0xff): boolean => ((byte ^ found) & mask) === 0;

function handlersIn(dir: string): readonly BinfmtHandler[] {
  if (read(dir, 'status')?.trim() !== 'enabled') return [];
  return readdirSync(dir).flatMap((name) => {
    const text = name === 'register' || name === 'status' ? undefined : read(dir, name);
    return text?.startsWith('enabled\n') ? parseHandler(name, text) : [];
  });
}

/** Documentation/admin-guide/binfmt-misc.rst of the kernel. Those that go by a file's extension have no magic. */
function parseHandler(name: string, text: string): readonly BinfmtHandler[] {
  const fieldOf = (word: string): string | undefined => new RegExp(`^${word}:? (.*)$`, 'm').exec(text)?.[1];
  const magic = fieldOf('magic');
  if (magic === undefined) return [];
  return [
    {
      name,
      interpreter: fieldOf('interpreter') ?? '?',
      isFixed: fieldOf('flags')?.includes('F') ?? false,
      offset: Number(fieldOf('offset') ?? 0),
      magic: Buffer.from(magic, 'hex'),
      mask: Buffer.from(fieldOf('mask') ?? '', 'hex'),
    },
  ];
}

function read(dir: string, name: string): string | undefined {
  try {
    return readFileSync(join(dir, name), 'latin1');
  } catch {
    return undefined; // not mounted, or unregistered meanwhile
  }
}
