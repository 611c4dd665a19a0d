/**
 * One MQTT connection, from CONNECT to its end, QoS 1, clean session. A new client is made for each, so that no refused message
 * poisons the next. Our own send window (mqtt.js does not keep to the broker's receive maximum) counts frames without a PUBACK.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import mqtt from 'mqtt';
import { type CraftAddress, DICTIONARY, topicOf } from '../link/index.ts';
import type { Outbox, Outgoing } from './outbox.ts';
import type { FrameKey } from './store-layout.ts';

/** Frames in flight at most, whatever the broker allows. */
const OWN_WINDOW = 64;
const CONNECT_TIMEOUT_MS = 5000;
/** Longest wait for the broker to take the last birth frame. */
const FAREWELL_MS = 1000;
/** A link that says nothing is found dead after 1.5 of these. */
const KEEPALIVE_SECONDS = 10;
/** Reason codes of a broker that does not speak our protocol version: 3.1.1 and 5. */
const UNACCEPTABLE_VERSION: readonly unknown[] = [1, 132];

export interface SessionOptions {
  readonly url: string;
  readonly address: CraftAddress;
  readonly clientId: string;
  readonly protocolVersion: 4 | 5;
  /** Birth frame that the broker publishes when the link is lost. */
  readonly will: Buffer;
  readonly outbox: Outbox;
  /** A fresh birth frame. */
  birth(): Buffer;
  /** Takes an uplink message. Must not throw. */
  onCommand(topic: string, payload: Buffer): void;
  /** A frame was refused too often and is left out. */
  onQuarantined(key: FrameKey): void;
  /** The store could not be read. */
  onFailure(thrown: unknown): void;
}

/** How a connection ended. */
export interface SessionEnd {
  /** The ground was heard in it. */
  readonly heard: boolean;
  readonly wrongVersion: boolean;
  readonly reason: string;
}

export class LinkSession {
  readonly ended: Promise<SessionEnd>;
  readonly #options: SessionOptions;
  readonly #client: mqtt.MqttClient;
  readonly #birthTopic: string;
  #window = OWN_WINDOW;
  #heard = false;
  #open = true;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#birthTopic = topicOf(options.address, 'birth');
    this.#client = mqtt.connect(options.url, {
      protocolVersion: options.protocolVersion,
      clientId: options.clientId,
      clean: true,
      reconnectPeriod: 0,
      connectTimeout: CONNECT_TIMEOUT_MS,
      keepalive: KEEPALIVE_SECONDS,
      resubscribe: false,
      will: { topic: this.#birthTopic, payload: options.will, qos: 1, retain: true },
    });
    this.ended = new Promise((resolve) => {
      let reason = 'connection closed';
      let wrongVersion = false;
      this.#client.on('error', (error) => {
        reason = error.message;
        wrongVersion = 'code' in error && UNACCEPTABLE_VERSION.includes(error.code);
      });
      const end = () => {
        if (!this.#open) return;
        this.#open = false;
        this.#client.end(true);
        const leftOut = options.outbox.closed();
        if (leftOut) options.onQuarantined(leftOut);
        resolve({ heard: this.#heard, wrongVersion, reason });
      };
      this.#client.on('close', end);
      this.#client.on('end', end);
    });
    this.#client.on('connect', ({ properties }) => {
      this.#window = Math.min(OWN_WINDOW, properties?.receiveMaximum ?? OWN_WINDOW);
      void this.#begin();
    });
    this.#client.on('message', (topic, payload) => {
      if (this.#open) options.onCommand(topic, payload);
    });
  }

  /** True from the first valid beacon of this connection to its end. */
  get heard(): boolean {
    return this.#open && this.#heard;
  }

  /** The ground listens: sending begins. */
  hear(): void {
    this.#heard = true;
    this.pump();
  }

  /** Sends what the window allows. To be called when frames have come or counts have changed. */
  pump(): void {
    const { outbox, onFailure } = this.#options;
    try {
      while (this.heard && outbox.inFlight < this.#window) {
        const outgoing = outbox.next();
        if (!outgoing) return;
        this.#publish(outgoing);
      }
    } catch (thrown) {
      onFailure(thrown);
    }
  }

  /** Publishes the birth frame, retained. */
  publishBirth(): void {
    if (this.#open && this.#client.connected) this.#publishRetained(this.#options.birth());
  }

  /** Ends the connection, leaving `last` as the retained birth where the broker still answers in time. */
  async close(last: Buffer): Promise<void> {
    if (this.#open && this.#client.connected) {
      await Promise.race([this.#publishRetained(last), this.ended, sleep(FAREWELL_MS)]);
    }
    this.#client.end(true);
    await this.ended;
  }

  async #begin(): Promise<void> {
    try {
      // subscribed before the birth, or the beacon that answers it would be missed
      const [grant] = await this.#client.subscribeAsync(topicOf(this.#options.address, 'command'), { qos: 1 });
      if (grant === undefined || grant.qos > 2) throw new Error('the broker refused the command topic');
      this.publishBirth();
    } catch {
      this.#client.end(true);
    }
  }

  #publish({ key, bytes }: Outgoing): void {
    const { address, outbox, onQuarantined } = this.#options;
    const topic = topicOf(address, DICTIONARY.streams[key.stream].name);
    this.#client.publish(topic, bytes, { qos: 1 }, (error) => {
      if (!this.#open) return; // the end of the connection has accounted for it
      if (!error) outbox.taken(key);
      else if (outbox.refused(key)) onQuarantined(key);
      this.pump();
    });
  }

  #publishRetained(payload: Buffer): Promise<void> {
    return new Promise((resolve) => {
      this.#client.publish(this.#birthTopic, payload, { qos: 1, retain: true }, () => resolve());
    });
  }
}
