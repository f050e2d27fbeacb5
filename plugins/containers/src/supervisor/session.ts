import type { Socket } from 'node:net';
import { messageOf, VarveError } from '@varve/core';
import { type Answer, type Request, readFrames, sendFrame, sendMessage } from '../client/frames.ts';
import type { Input } from './input.ts';
import type { StreamName } from './log-file.ts';

/** One connection of a command to a supervisor. */
export class Session {
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  #input: Input | undefined;
  #endInput: (() => void) | undefined;
  #take: ((request: Request) => void) | undefined;
  /** What came before somebody wanted it. */
  readonly #early: Buffer[] = [];
  #drained: Promise<void> | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.closed = new Promise((done) => socket.once('close', () => done()));
    socket.on('error', () => undefined); // the other side has gone: `close` follows
    socket.on('end', () => socket.end()); // gone: the end of an input has a frame of its own
    readFrames(socket, (kind, payload) => this.#hear(kind, payload));
  }

  onFirst(take: (request: Request) => void): void {
    this.#take = (request) => {
      this.#take = undefined;
      take(request);
    };
  }

  onMessage(take: (request: Request) => void): void {
    this.#take = take;
  }

  /** From now on input goes there; `end` is told of its end. */
  onInput(input: Input | undefined, end: () => void): void {
    this.#input = input;
    this.#endInput = end;
    for (const payload of this.#early.splice(0)) this.#write(payload);
  }

  onClose(listen: () => void): void {
    this.#socket.once('close', listen);
  }

  send(answer: Answer): void {
    sendMessage(this.#socket, answer);
  }

  end(answer: Answer): void {
    this.send(answer);
    this.#socket.end();
  }

  fail(failure: unknown): void {
    const { code = 'INTERNAL', hint, exitCode } = VarveError.is(failure) ? failure : {};
    this.end({ kind: 'failed', code, message: messageOf(failure), hint, exitCode });
  }

  finish(): void {
    this.#socket.end();
  }

  output(stream: StreamName, chunk: Uint8Array): void {
    if (sendFrame(this.#socket, stream, chunk)) return;
    this.#drained ??= new Promise<void>((done) => {
      this.#socket.once('drain', done);
      this.#socket.once('close', () => done());
    }).then(() => {
      this.#drained = undefined;
    });
  }

  /** There while the other side has not taken enough of what was sent. */
  get drained(): Promise<void> | undefined {
    return this.#drained;
  }

  #hear(kind: string, payload: Buffer): void {
    if (kind === 'message')
      this.#take?.(JSON.parse(payload.toString()) as Request); // our own commands write them
    else if (kind !== 'stdin') return;
    else if (this.#endInput === undefined) this.#early.push(payload);
    else this.#write(payload);
  }

  #write(payload: Buffer): void {
    if (payload.length === 0) this.#endInput?.();
    else this.#input?.write(payload, { pause: () => void this.#socket.pause(), resume: () => void this.#socket.resume() });
  }
}
