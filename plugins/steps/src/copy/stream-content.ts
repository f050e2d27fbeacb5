import { closeSync, constants, fstatSync, openSync, read } from 'node:fs';
import { promisify } from 'node:util';
import { VarveError } from '@varve/core';
import { type Content, type FileStamp, pathOf } from '@varve/core/archive';
import type { Abortable } from '@varve/core/image';

const CHUNK = 256 << 10;
const readFrom = promisify(read);

/** The bytes of a file, in pieces. @throws VarveError `SOURCE_CHANGED` when it is not, or no longer, the file that was looked at */
export async function* streamContent(content: Content, { signal }: Abortable = {}): AsyncGenerator<Uint8Array, void, undefined> {
  if (content.kind === 'bytes') return yield content.bytes;
  const { file, offset, length, stamp } = content;
  const opened = openSync(pathOf(file), constants.O_RDONLY | constants.O_NONBLOCK); // does not wait if it is a pipe by now
  try {
    checkStamp(opened, stamp, file);
    for (let at = 0; at < length; ) {
      signal?.throwIfAborted();
      const size = Math.min(CHUNK, length - at);
      const { bytesRead, buffer } = await readFrom(opened, Buffer.allocUnsafe(size), 0, size, offset + at);
      if (bytesRead === 0) throw changed(file);
      yield buffer.subarray(0, bytesRead);
      at += bytesRead;
    }
    checkStamp(opened, stamp, file);
  } finally {
    closeSync(opened);
  }
}

function checkStamp(opened: number, stamp: FileStamp | undefined, file: string): void {
  if (stamp === undefined) return;
  const now = fstatSync(opened, { bigint: true });
  const isSame =
    Number(now.ino) === stamp.ino && Number(now.size) === stamp.size && now.mtimeNs === stamp.mtimeNs && now.ctimeNs === stamp.ctimeNs;
  if (!isSame) throw changed(file);
}

const changed = (file: string): VarveError =>
  new VarveError('SOURCE_CHANGED', `${file} was changed while it was copied`, {
    hint: 'Build again once nothing writes to the build context.',
  });
