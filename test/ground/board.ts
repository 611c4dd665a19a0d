/** A small craft for the ground's tests: it publishes real frames over real MQTT, keeps them until they are acknowledged, and heeds commands. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterEach } from 'vitest';
import {
  DICTIONARY,
  decodeUplink,
  encodeFrame,
  type FieldValues,
  topicOf,
  type Uplink,
  unflattenRanges,
} from '../../sdk/link/index.ts';

export const MISSION = 'test';
export const KEYS = generateKeyPairSync('ed25519');

/** A stored frame. */
export interface Stored {
  readonly stream: string;
  readonly boot: number;
  readonly sequence: number;
  readonly bytes: Buffer;
}

/** The simulated craft. */
export class Board {
  readonly craft: string;
  boot: number;
  session = 0;
  readonly store = new Map<string, Stored>();
  readonly uplinks: Uplink[] = [];
  /** Frames that `resend` asked for, by key. */
  readonly askedFor: string[] = [];
  /** Answers `resend` by sending again. */
  obedient = true;
  client: MqttClient | undefined;
  #closed: Promise<void> = Promise.resolve();
  readonly #last = new Map<string, number>();

  constructor(craft: string, boot = 1) {
    this.craft = craft;
    this.boot = boot;
  }

  get topic(): (stream: string) => string {
    return (stream) => topicOf({ mission: MISSION, craft: this.craft }, stream);
  }

  /** Makes and stores a frame; it is not sent. */
  make(stream: string, values: FieldValues): Stored {
    const sequence = (this.#last.get(`${this.boot}/${stream}`) ?? 0) + 1;
    this.#last.set(`${this.boot}/${stream}`, sequence);
    const bytes = encodeFrame(DICTIONARY, {
      ...{ stream, boot: this.boot, sequence, timeMs: 1.7e12 + sequence, uncertaintyMs: 2, stored: false, values },
    });
    const stored = { stream, boot: this.boot, sequence, bytes };
    this.store.set(`${this.boot}/${stream}/${sequence}`, stored);
    return stored;
  }

  soil(source: string, estimate: number[] = [1.5, 2]): Stored {
    return this.make('soil', { source, estimate, latency: 3.25 });
  }

  event(code: string): Stored {
    return this.make('event', { severity: 'info', code, detail: `${code} happened` });
  }

  /** Connects with a will, listens for commands, publishes the birth. */
  async connect(url: string, dropped: number[] = []): Promise<void> {
    this.session++;
    const client = await connectAsync(url, {
      ...{ protocolVersion: 4, reconnectPeriod: 0, clean: true },
      will: { topic: this.topic('birth'), payload: this.#birth('lost', []), qos: 1, retain: true },
    });
    this.client = client;
    this.#closed = new Promise((resolve) => client.once('close', resolve));
    client.on('error', () => {});
    client.on('message', (topic, payload) => this.#command(topic, payload));
    await client.subscribeAsync(this.topic('command'), { qos: 1 });
    await client.publishAsync(this.topic('birth'), this.#birth('up', dropped), { qos: 1, retain: true });
  }

  /** Publishes frames in order; ends early when the connection does. */
  async send(...frames: Stored[]): Promise<void> {
    const client = this.client;
    if (!client?.connected) return;
    for (const { stream, bytes } of frames) {
      if (!client.connected) return;
      await Promise.race([client.publishAsync(this.topic(stream), bytes, { qos: 1 }), this.#closed]);
    }
  }

  /** Ends the connection without a goodbye, so that the broker publishes the will. */
  cut(): void {
    this.client?.stream.destroy();
    this.client = undefined;
  }

  /** Sends everything that is not acknowledged. */
  async sendAll(): Promise<void> {
    await this.send(...this.store.values());
  }

  #command(topic: string, payload: Uint8Array): void {
    const uplink = decodeUplink(DICTIONARY, topic, payload, KEYS.publicKey);
    this.uplinks.push(uplink);
    const ranges = unflattenRanges((uplink.args.ranges ?? []) as number[]) ?? [];
    for (const { boot, stream, first, last } of ranges) {
      for (let sequence = first; sequence <= last; sequence++) {
        const key = `${boot}/${DICTIONARY.streams[stream].name}/${sequence}`;
        if (uplink.command !== 'resend') this.store.delete(key);
        else this.askedFor.push(key);
        const stored = this.store.get(key);
        if (uplink.command === 'resend' && this.obedient && stored) void this.send(stored).catch(() => {});
      }
    }
  }

  #birth(link: 'up' | 'lost', dropped: number[]): Buffer {
    const extents = [...this.#last].flatMap(([key, last]) => {
      const [boot, stream] = key.split('/');
      return [Number(boot), DICTIONARY.streams.findIndex(({ name }) => name === stream), last];
    });
    return encodeFrame(DICTIONARY, {
      ...{ stream: 'birth', boot: this.boot, sequence: this.session, timeMs: 1.7e12, uncertaintyMs: 2, stored: false },
      values: {
        ...{ link, session: this.session, resetReason: 'power', bundle: 'b', slot: 'a', extents, dropped },
        commandCounter: Math.max(0, ...this.uplinks.map(({ counter }) => counter)),
      },
    });
  }
}

/** Waits until something is true, and gives up after 15 s with its name. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const started = performance.now();
  while (!(await holds())) {
    if (performance.now() - started > 15_000) throw new Error(`gave up waiting: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Does something after the test, last one first. */
export function later(cleanup: () => unknown): void {
  cleanups.push(cleanup);
}

/** A folder that is gone after the test. */
export async function temporaryFolder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'nadir-ground-'));
  later(() => rm(dir, { recursive: true, force: true }));
  return dir;
}
