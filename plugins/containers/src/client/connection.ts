import type { Socket } from 'node:net';
import { VarveError } from '@varve/core';
import { type Answer, type FrameKind, type Request, readFrames, sendFrame, sendMessage } from './frames.ts';

/** A command's end of a connection to a supervisor. */
export class Connection implements Disposable {
  readonly socket: Socket;
  /** Settles when the connection has ended, however. */
  readonly closed: Promise<void>;
  readonly #answers: Answer[] = [];
  readonly #waiting: ((answer: Answer | undefined) => void)[] = [];
  #isClosed = false;

  constructor(socket: Socket, output: (stream: FrameKind, chunk: Buffer) => void = () => undefined) {
    this.socket = socket;
    this.closed = new Promise((done) => socket.once('close', () => done()));
    socket.on('error', () => undefined); // `close` follows
    socket.on('end', () => socket.end());
    socket.on('close', () => {
      this.#isClosed = true;
      for (const give of this.#waiting.splice(0)) give(undefined);
    });
    readFrames(socket, (kind, payload) => {
      if (kind !== 'message') return output(kind, payload);
      const answer = JSON.parse(payload.toString()) as Answer; // a supervisor of ours wrote it
      const give = this.#waiting.shift();
      if (give === undefined) this.#answers.push(answer);
      else give(answer);
    });
  }

  send(request: Request): void {
    sendMessage(this.socket, request);
  }

  /** `false`: wait until what was sent is taken. */
  input(chunk: Uint8Array): boolean {
    return sendFrame(this.socket, 'stdin', chunk);
  }

  endInput(): void {
    sendFrame(this.socket, 'stdin', Buffer.alloc(0));
  }

  /** The next answer; `undefined` when the connection ended without one. @throws VarveError what the supervisor failed with */
  async answer(): Promise<Exclude<Answer, { kind: 'failed' }> | undefined> {
    const next = this.#answers.shift();
    const answer = next ?? (this.#isClosed ? undefined : await new Promise<Answer | undefined>((give) => this.#waiting.push(give)));
    if (answer?.kind !== 'failed') return answer;
    const { code, message, hint, exitCode } = answer;
    throw new VarveError(code, message, { hint, exitCode });
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}
