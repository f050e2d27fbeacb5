import type { Socket } from 'node:net';
import type { TerminalSize } from '@varve/core';

/** What a connection between a command and a supervisor carries, in either direction. */
export type FrameKind = 'message' | 'stdin' | 'stdout' | 'stderr';
const KINDS: readonly FrameKind[] = ['message', 'stdin', 'stdout', 'stderr'];
/** Bytes of kind and length. */
const HEAD = 5;
/** Nobody sends more at once. */
const LIMIT = 8 << 20;

export interface AttachRequest {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly size?: TerminalSize | undefined;
}

export interface ExecRequest {
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly user?: string | undefined;
  readonly cwd?: string | undefined;
  readonly tty: boolean;
  readonly privileged: boolean;
}

/** The first message of a connection says what it is for; later ones belong to what is attached. */
export type Request =
  | { readonly op: 'start' | 'attach'; readonly attach?: AttachRequest | undefined; readonly size?: TerminalSize | undefined }
  | { readonly op: 'exec'; readonly exec: ExecRequest; readonly attach?: AttachRequest | undefined }
  | { readonly op: 'signal'; readonly signal: NodeJS.Signals }
  | { readonly op: 'resize'; readonly size: TerminalSize }
  | { readonly op: 'wait' | 'pause' | 'resume' | 'processes' | 'stats' | 'place' };

export type Answer =
  | { readonly kind: 'started'; readonly pid: number }
  | { readonly kind: 'done'; readonly value?: unknown }
  | { readonly kind: 'exit'; readonly exitCode: number }
  | {
      readonly kind: 'failed';
      readonly code: string;
      readonly message: string;
      readonly hint?: string | undefined;
      readonly exitCode?: number | undefined;
    };

/** `false`: the other side does not keep up. */
export function sendFrame(socket: Socket, kind: FrameKind, payload: Uint8Array): boolean {
  if (socket.destroyed || socket.writableEnded) return true;
  const head = Buffer.alloc(HEAD);
  head.writeUInt8(KINDS.indexOf(kind));
  head.writeUInt32BE(payload.length, 1);
  socket.cork();
  socket.write(head);
  const goesOn = payload.length === 0 || socket.write(payload);
  socket.uncork();
  return goesOn;
}

export const sendMessage = (socket: Socket, message: Request | Answer): boolean =>
  sendFrame(socket, 'message', Buffer.from(JSON.stringify(message)));

/** Calls back for each frame that has arrived whole. What is no frame ends the connection. */
export function readFrames(socket: Socket, take: (kind: FrameKind, payload: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= HEAD) {
      const kind = KINDS[rest.readUInt8(0)];
      const length = rest.readUInt32BE(1);
      if (kind === undefined || length > LIMIT) {
        socket.destroy();
        return;
      }
      if (rest.length < HEAD + length) return;
      const payload = rest.subarray(HEAD, HEAD + length);
      rest = rest.subarray(HEAD + length);
      take(kind, payload);
    }
  });
}
