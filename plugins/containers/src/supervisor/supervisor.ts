import { rmSync } from 'node:fs';
import type { Server, Socket } from 'node:net';
import { join } from 'node:path';
import { type ProcessIO, type ProcessResult, type RunningContainer, VarveError, type Workspace } from '@varve/core';
import type { FileLock } from '@varve/core/system';
import type { Answer, AttachRequest, Request } from '../client/frames.ts';
import { listenIn } from '../client/unix-socket.ts';
import { type Engine, openSnapshots } from '../engine.ts';
import type { HealthMonitor } from '../health/health-monitor.ts';
import type { ContainerRecord } from '../state/container-record.ts';
import { runGuest, watchHealth } from './guest.ts';
import { Input } from './input.ts';
import { Life } from './life.ts';
import { LogFile } from './log-file.ts';
import { Outputs } from './outputs.ts';
import { processSpec } from './process-spec.ts';
import { runOnly } from './run-only.ts';
import { Session } from './session.ts';

/** Holds one container from its start to its end: its mounts, its process, its log, and whoever wants something of it. */
export class Supervisor {
  readonly #engine: Engine;
  readonly #life: Life;
  readonly #held: FileLock;
  readonly #outputs = new Outputs();
  readonly #input: Input | undefined;
  readonly #waiting = new Set<Session>();
  readonly #sessions = new Set<Session>();
  #container: RunningContainer | undefined;
  #workspace: Workspace | undefined;
  #server: Server | undefined;
  #log: LogFile | undefined;
  #monitor: HealthMonitor | undefined;

  constructor(engine: Engine, record: ContainerRecord, held: FileLock) {
    this.#engine = engine;
    this.#life = new Life(engine, record);
    this.#held = held;
    this.#input = record.spec.openStdin ? new Input() : undefined;
  }

  /** Starts the container for whoever is at the other end, and returns when all is over. */
  async serve(first: Socket): Promise<void> {
    const settled = Promise.withResolvers<void>();
    let asked = false;
    const session = this.#welcome(first, (request) => {
      if (request.op !== 'start') return this.#answer(session, request);
      asked = true;
      void this.#run(session, request.attach).then(settled.resolve, settled.reject);
    });
    first.once('close', () => {
      if (!asked) settled.resolve();
    });
    await settled.promise;
    await this.#leave();
  }

  /** Mounts the container for others to look at, until the one who asked is gone. */
  async hold(first: Socket): Promise<void> {
    const gone = new Promise<void>((done) => first.once('close', () => done()));
    first.resume();
    const session = new Session(first);
    try {
      const workspace = await this.#mount();
      session.send({ kind: 'done', value: { pid: process.pid, root: workspace.root } });
    } catch (failure) {
      session.fail(failure);
    }
    await gone;
    await this.#workspace?.[Symbol.asyncDispose]();
    this.#held.release();
  }

  /** Asks the container to end, and kills it when it does not. */
  stop(): void {
    const { stopSignal, stopTimeout } = this.#life.record.spec;
    this.#container?.signal(stopSignal as NodeJS.Signals); // `signalName` checked it
    if (stopTimeout >= 0) setTimeout(() => this.#container?.signal('SIGKILL'), stopTimeout * 1000).unref();
  }

  #welcome(socket: Socket, take: (request: Request) => void): Session {
    const session = new Session(socket);
    this.#sessions.add(session);
    session.onFirst(take);
    session.onClose(() => {
      this.#sessions.delete(session);
      this.#waiting.delete(session);
      this.#outputs.remove(session);
    });
    return session;
  }

  async #run(session: Session, attach: AttachRequest | undefined): Promise<void> {
    const { store } = this.#engine;
    const { id, spec } = this.#life.record;
    let result: ProcessResult;
    try {
      const { root } = await this.#mount();
      const asked = await processSpec(this.#life.record, { root, store, size: attach?.size });
      const { provider } = await this.#engine.host.executor(spec.executor);
      this.#log = new LogFile(store.places.log(id), spec.log);
      this.#server = await this.#listen();
      if (attach !== undefined) this.#attach(session, attach);
      this.#container = (await provider.start?.(asked, this.#io())) ?? runOnly(provider, asked, this.#io());
      this.#life.begin(this.#container.pid);
      this.#watchHealth(this.#container);
      session.send({ kind: 'started', pid: this.#container.pid });
      result = await this.#container.exit;
    } catch (failure) {
      await this.#fail(session, failure);
      return;
    }
    await this.#finish(result);
  }

  async #mount(): Promise<Workspace> {
    const { host } = this.#engine;
    const { spec } = this.#life.record;
    const { snapshots } = await openSnapshots(host, spec.driver);
    this.#workspace = await snapshots.show(spec.snapshot);
    return this.#workspace;
  }

  async #listen(): Promise<Server> {
    const dir = this.#engine.store.places.container(this.#life.record.id);
    rmSync(join(dir, 'socket'), { force: true });
    return await listenIn(dir, (socket) => {
      const session = this.#welcome(socket, (request) => this.#answer(session, request));
    });
  }

  #io(): ProcessIO {
    const take = (stream: 'stdout' | 'stderr') => (chunk: Uint8Array) => {
      this.#log?.write(stream, chunk);
      this.#outputs.write(stream, chunk);
    };
    return { stdout: take('stdout'), stderr: take('stderr'), ready: () => this.#outputs.ready(), stdin: this.#input };
  }

  #answer(session: Session, request: Request): void {
    void this.#carryOut(session, request).catch((failure: unknown) => session.fail(failure));
  }

  async #carryOut(session: Session, request: Request): Promise<void> {
    const container = this.#container;
    if (container === undefined) throw notRunning(this.#life.record.id);
    const done = (value?: unknown) => session.end({ kind: 'done', value });
    switch (request.op) {
      case 'attach':
        if (request.attach?.size !== undefined) container.resize(request.attach.size);
        return this.#attach(session, request.attach ?? NOTHING);
      case 'wait':
        return void this.#waiting.add(session);
      case 'signal':
        container.signal(request.signal);
        return done();
      case 'resize':
        container.resize(request.size);
        return done();
      case 'pause':
        return done(await this.#pause(container));
      case 'resume':
        await container.resume();
        this.#life.setStatus('running');
        this.#monitor?.resume();
        return done();
      case 'processes':
        return done(await container.processes());
      case 'stats':
        return done(await container.stats());
      case 'place':
        return done({ pid: process.pid, root: this.#workspace?.root });
      case 'exec':
        return await runGuest(session, request, { container, record: this.#life.record });
      case 'start':
        throw new VarveError('CONTAINER_RUNNING', `Container ${this.#life.record.id} is running`);
      default:
        request satisfies never;
    }
  }

  #attach(session: Session, { stdin, stdout, stderr }: AttachRequest): void {
    this.#waiting.add(session);
    this.#outputs.add(session, { stdout, stderr });
    const { stdinOnce, tty } = this.#life.record.spec;
    const end = (): void => {
      if (stdin && stdinOnce && !tty) this.#input?.end();
    };
    session.onInput(stdin ? this.#input : undefined, end);
    session.onClose(end);
    session.onMessage((request) => {
      if (request.op === 'resize') this.#container?.resize(request.size);
      if (request.op === 'signal') this.#container?.signal(request.signal);
    });
  }

  async #pause(container: RunningContainer): Promise<void> {
    this.#monitor?.pause();
    try {
      await container.pause();
      this.#life.setStatus('paused');
    } catch (failure) {
      this.#monitor?.resume();
      throw failure;
    }
  }

  #watchHealth(container: RunningContainer): void {
    this.#monitor = watchHealth({ container, record: this.#life.record }, (health) => this.#life.setHealth(health));
  }

  /** It has not come to run. */
  async #fail(session: Session, failure: unknown): Promise<void> {
    await this.#close();
    await this.#life.fail(failure);
    this.#held.release();
    session.fail(failure);
  }

  /** The record is right before anybody is told. */
  async #finish(result: ProcessResult): Promise<void> {
    await this.#close();
    await this.#life.finish(result);
    this.#held.release();
    for (const session of this.#waiting) session.end({ kind: 'exit', exitCode: result.exitCode } satisfies Answer);
  }

  async #close(): Promise<void> {
    this.#monitor?.[Symbol.dispose]();
    this.#log?.close();
    this.#server?.close();
    await this.#workspace?.[Symbol.asyncDispose]();
  }

  /** Whoever listens gets what was sent; nobody holds this process for longer than that. */
  async #leave(): Promise<void> {
    for (const session of this.#sessions) session.finish();
    await Promise.race([
      Promise.all([...this.#sessions].map((session) => session.closed)),
      new Promise((done) => setTimeout(done, LINGER).unref()),
    ]);
  }
}

/** Milliseconds for clients to take what is left. */
const LINGER = 30_000;
const NOTHING: AttachRequest = { stdin: false, stdout: false, stderr: false };

export const notRunning = (id: string): VarveError => new VarveError('CONTAINER_STOPPED', `Container ${id} is not running`);
