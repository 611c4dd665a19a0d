/**
 * The MQTT source. A new mqtt.js client for each connection, so that no refused message poisons a session; MQTT 5 first where the
 * broker's level is not known, 3.1.1 where it refuses; at most a window of messages in memory, the rest waits in the broker.
 */
import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import { brokerPlace, messageOf, type Progress } from '../base/index.ts';
import type { Message, NextOptions, Source } from './source.ts';

/** Messages in memory before the next PUBACK is held back. */
const WINDOW = 4096;
/** Messages handed to the broker and not yet taken by it. */
const MOST_OUTGOING = 512;
const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 2000;
const CONNECT_TIMEOUT_MS = 10_000;

/** What an MQTT source connects to. */
export interface MqttSourceOptions {
  /** `mqtt://host:port`, with a user name and password where the broker wants them. */
  readonly url: string;
  /** Topic filter to subscribe to at QoS 1. */
  readonly filter: string;
  /** MQTT level, where it is known: 4 is 3.1.1. Both are tried otherwise. */
  readonly level?: 4 | 5;
}

/** Opens an MQTT source. It connects, and connects again, by itself until closed. Throws a NadirError for a URL of another kind. */
export function openMqttSource(options: MqttSourceOptions, progress: Progress): Source {
  return new MqttSource(options, progress);
}

class MqttSource implements Source {
  readonly #options: MqttSourceOptions;
  readonly #progress: Progress;
  readonly #place: string;
  readonly #waiting: Message[] = [];
  readonly #ended: Promise<void>;
  #level: 4 | 5;
  #levelKnown: boolean;
  #taken = 0;
  #outgoing = 0;
  #held: (() => void) | undefined;
  #wake: (() => void) | undefined;
  #endPause: (() => void) | undefined;
  #client: MqttClient | undefined;
  #closed = false;
  connection = 0;
  connected = false;

  constructor(options: MqttSourceOptions, progress: Progress) {
    this.#options = options;
    this.#progress = progress;
    this.#place = brokerPlace(options.url);
    this.#level = options.level ?? 5;
    this.#levelKnown = options.level !== undefined;
    this.#ended = this.#stayConnected();
  }

  async next({ limit, lingerMs, waitMs }: NextOptions): Promise<readonly Message[]> {
    const more = (enough: number, ms: number) =>
      new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer);
          this.#wake = undefined;
          resolve();
        };
        const timer = setTimeout(done, ms);
        this.#wake = () => {
          if (this.#closed || this.#waiting.length >= enough) done();
        };
      });
    if (this.#waiting.length === 0 && !this.#closed) await more(1, waitMs);
    if (this.#waiting.length > 0 && this.#waiting.length < limit && !this.#closed) await more(limit, lingerMs);
    const messages = this.#waiting.splice(0, limit);
    this.#taken += messages.length;
    return messages;
  }

  ack(count: number): void {
    this.#taken -= count;
    if (this.#held && this.#waiting.length + this.#taken < WINDOW / 2) {
      const release = this.#held;
      this.#held = undefined;
      release();
    }
  }

  publish(topic: string, payload: Uint8Array): boolean {
    const client = this.#client;
    if (!client || !this.connected || this.#outgoing >= MOST_OUTGOING) return false;
    const connection = this.connection;
    this.#outgoing++;
    client.publish(topic, Buffer.from(payload), { qos: 1 }, () => {
      if (this.connection === connection) this.#outgoing--;
    });
    return true;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#wake?.();
    this.#endPause?.();
    await this.#client?.endAsync(!this.connected);
    await this.#ended;
  }

  async #stayConnected(): Promise<void> {
    let retryMs = FIRST_RETRY_MS;
    while (!this.#closed) {
      const wasUp = await this.#connectOnce();
      if (this.#closed) return;
      if (wasUp) retryMs = FIRST_RETRY_MS;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, retryMs);
        this.#endPause = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      retryMs = Math.min(LONGEST_RETRY_MS, retryMs * 2);
    }
  }

  /** One connection from its start to its end. True when the broker had accepted it. */
  async #connectOnce(): Promise<boolean> {
    const options: IClientOptions = {
      protocolVersion: this.#level,
      clean: true,
      reconnectPeriod: 0,
      connectTimeout: CONNECT_TIMEOUT_MS,
      keepalive: 15,
      clientId: `nadir-${process.pid % 100_000}-${Date.now() % 1_000_000_000}`,
    };
    const client = connect(this.#options.url, options);
    this.#client = client;
    client.handleMessage = (packet, done) => {
      this.#waiting.push({ topic: packet.topic.toString(), payload: bytesOf(packet.payload), receivedMs: Date.now() });
      this.#wake?.();
      if (this.#waiting.length + this.#taken < WINDOW) done();
      else this.#held = () => done();
    };
    let accepted = false;
    let reason = 'closed by the broker';
    client.on('error', (error) => {
      reason = messageOf(error) || reason;
    });
    client.on('connect', () => {
      accepted = true;
      this.#levelKnown = true;
      client.subscribe(this.#options.filter, { qos: 1 }, (error, granted) => {
        if (error || granted?.some(({ qos }) => qos > 1)) {
          reason = `subscription to ${this.#options.filter} refused`;
          client.end(true);
          return;
        }
        this.#outgoing = 0;
        this.connection++;
        this.connected = true;
        this.#wake?.();
      });
    });
    await new Promise<void>((resolve) => client.once('close', resolve));
    this.connected = false;
    this.#held = undefined;
    client.end(true);
    client.on('error', () => {});
    if (!accepted && !this.#levelKnown) this.#level = this.#level === 5 ? 4 : 5;
    if (!this.#closed && (accepted || this.#levelKnown || this.#level === 5)) {
      this.#progress.log(
        `ground: no broker at ${this.#place}: ${reason}. Trying again; check that it runs and lets us in`,
      );
    }
    return accepted;
  }
}

function bytesOf(payload: string | Buffer): Uint8Array {
  return typeof payload === 'string' ? Buffer.from(payload) : payload;
}
