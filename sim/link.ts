/**
 * The link between craft and ground as a TCP proxy on loopback: limited rate, one-way delay, open only during passes, cut at any
 * moment. A cut loses whatever is under way in both directions and resets the connections, as a link that comes back later does to
 * the protocols above it; what TCP repairs by itself (single lost segments) is not emulated.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, NadirError } from '../sdk/base/index.ts';
import { TokenBucket } from './token-bucket.ts';

export interface LinkOptions {
  /** Where the ground listens. */
  readonly host: string;
  readonly port: number;
  /** Craft to ground, bytes a (real) second. */
  readonly downBytesPerSecond: number;
  /** Ground to craft, bytes a (real) second. */
  readonly upBytesPerSecond: number;
  /** One way. */
  readonly delayMs: number;
  /** Reads along what the craft sends, as it enters the link and before any of it can be lost: made anew for each connection. */
  readonly tap?: () => { push(bytes: Buffer): void };
}

/** What the link carried since it was last asked; `lost` was under way when the link was cut. */
export interface Traffic {
  readonly downBytes: number;
  readonly upBytes: number;
  readonly lostBytes: number;
  readonly connections: number;
  readonly cuts: number;
}

interface Way {
  readonly bucket: TokenBucket;
  carried: number;
}

/** Bytes that wait in one direction of one connection before its sender is held back. */
const MAX_WAITING = 65_536;
/** What goes at once after a rest, as time at the full rate. */
const BURST_SECONDS = 0.05;
const MIN_BURST = 1_500;

export class LinkEmulator {
  readonly #options: LinkOptions;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  readonly #down: Way;
  readonly #up: Way;
  #isOpen = false;
  #lost = 0;
  #opened = 0;
  #cuts = 0;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#down = way(options.downBytesPerSecond);
    this.#up = way(options.upBytesPerSecond);
    this.#server = createServer({ pauseOnConnect: true }, (craft) => this.#accept(craft));
  }

  /** Starts to listen on loopback and returns the port for the craft. The link is down until `open`. */
  async listen(): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (cause) => {
        reject(
          new NadirError({
            what: `the link emulator cannot listen (${messageOf(cause)})`,
            where: '127.0.0.1',
            remedy: 'Check that loopback sockets are allowed here',
            cause,
          }),
        );
      });
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the link emulator has no port');
    return address.port;
  }

  /** True while connections are let through. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Acquisition of signal. */
  open(): void {
    this.#isOpen = true;
  }

  /** Loss of signal: connections are cut and none gets through until `open`. */
  shut(): void {
    this.#isOpen = false;
    this.cut();
  }

  /** Cuts the connections of this moment; new ones get through while the link is open. */
  cut(): void {
    if (this.#connections.size > 0) this.#cuts++;
    for (const connection of this.#connections) this.#lost += connection.cut();
    this.#connections.clear();
  }

  /** What was carried since the last call. */
  takeTraffic(): Traffic {
    const traffic = {
      downBytes: this.#down.carried,
      upBytes: this.#up.carried,
      lostBytes: this.#lost,
      connections: this.#opened,
      cuts: this.#cuts,
    };
    this.#down.carried = 0;
    this.#up.carried = 0;
    this.#lost = 0;
    this.#opened = 0;
    this.#cuts = 0;
    return traffic;
  }

  /** Cuts everything and stops to listen. */
  async close(): Promise<void> {
    this.shut();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #accept(craft: Socket): void {
    craft.on('error', () => {});
    if (!this.#isOpen) {
      craft.resetAndDestroy();
      return;
    }
    const { host, port, delayMs, tap } = this.#options;
    const ground = connect({ host, port, noDelay: true });
    craft.setNoDelay(true);
    this.#opened++;
    const connection: Connection = new Connection(
      new Pipe(craft, ground, this.#down, delayMs, tap?.()),
      new Pipe(ground, craft, this.#up, delayMs),
      () => this.#connections.delete(connection),
    );
    this.#connections.add(connection);
  }
}

function way(bytesPerSecond: number): Way {
  const burst = Math.max(MIN_BURST, bytesPerSecond * BURST_SECONDS);
  return { bucket: new TokenBucket(bytesPerSecond, burst, performance.now()), carried: 0 };
}

/** One connection of the craft: two sockets and a pipe each way. */
class Connection {
  readonly #pipes: readonly Pipe[];

  constructor(down: Pipe, up: Pipe, gone: () => void) {
    this.#pipes = [down, up];
    // a connection that fails at one end fails at the other; one that ends drains first, in its pipe
    for (const { from } of this.#pipes) {
      from.on('error', () => this.cut());
      from.on('close', gone);
    }
  }

  /** Resets both ends and returns how many bytes were under way. */
  cut(): number {
    const lost = this.#pipes.reduce((sum, pipe) => sum + pipe.stop(), 0);
    for (const { from } of this.#pipes) if (!from.destroyed) from.resetAndDestroy();
    return lost;
  }
}

/** One direction: chunks leave in order, none before its delay is over, none faster than the rate. */
class Pipe {
  readonly from: Socket;
  readonly #to: Socket;
  readonly #tap: { push(bytes: Buffer): void } | undefined;
  readonly #way: Way;
  readonly #waiting: { bytes: Buffer; dueMs: number }[] = [];
  #waitingBytes = 0;
  #ended = false;
  #stopped = false;
  #running = false;

  constructor(from: Socket, to: Socket, way: Way, delayMs: number, tap?: { push(bytes: Buffer): void }) {
    this.from = from;
    this.#to = to;
    this.#tap = tap;
    this.#way = way;
    from.on('data', (bytes: Buffer) => {
      if (this.#stopped) return;
      this.#tap?.push(bytes);
      this.#waiting.push({ bytes, dueMs: performance.now() + delayMs });
      this.#waitingBytes += bytes.length;
      if (this.#waitingBytes >= MAX_WAITING) from.pause();
      void this.#pump();
    });
    from.on('end', () => {
      this.#ended = true;
      void this.#pump();
    });
    from.resume();
  }

  stop(): number {
    this.#stopped = true;
    const lost = this.#waitingBytes;
    this.#waiting.length = 0;
    this.#waitingBytes = 0;
    return lost;
  }

  async #pump(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    while (this.#waiting.length > 0) {
      const [head] = this.#waiting;
      const nowMs = performance.now();
      const delay = head.dueMs - nowMs;
      const given = delay > 0 ? 0 : this.#way.bucket.take(head.bytes.length, nowMs);
      if (given === 0) {
        await sleep(Math.max(1, delay > 0 ? delay : this.#way.bucket.waitMs()));
        continue;
      }
      const room = this.#to.write(head.bytes.subarray(0, given));
      this.#way.carried += given;
      this.#waitingBytes -= given;
      if (given === head.bytes.length) this.#waiting.shift();
      else head.bytes = head.bytes.subarray(given);
      if (this.#waitingBytes < MAX_WAITING && !this.#stopped) this.from.resume();
      if (!room) await drained(this.#to);
    }
    this.#running = false;
    if (this.#ended && !this.#stopped) this.#to.end();
  }
}

/** Waits until a socket takes more, or is gone. */
function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) {
      resolve();
      return;
    }
    const done = () => {
      socket.off('drain', done);
      socket.off('close', done);
      resolve();
    };
    socket.once('drain', done);
    socket.once('close', done);
  });
}
