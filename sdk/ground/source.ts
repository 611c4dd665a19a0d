/**
 * Where messages come from, and where commands leave: one small interface, so that a broker of another kind (a NATS cluster, shared
 * subscriptions) can stand in. A source's acknowledgement is flow control and never custody: custody begins at the archive's commit.
 */

/** One message from the link, as it came. */
export interface Message {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** Milliseconds since 1970 at which the ground received it. */
  readonly receivedMs: number;
}

/** How long `next` waits. */
export interface NextOptions {
  /** Most messages of one batch. */
  readonly limit: number;
  /** How long a batch may wait for more after its first message. */
  readonly lingerMs: number;
  /** How long to wait for a first message before giving back none. */
  readonly waitMs: number;
}

/** A stream of messages that is pulled in batches. */
export interface Source {
  /** Changes with every new connection to the broker: messages of an older one may be lost for good. 0 before the first. */
  readonly connection: number;
  /** True while messages can arrive and leave. */
  readonly connected: boolean;
  /** The next messages in order of arrival; none after `waitMs` or once closed. */
  next(options: NextOptions): Promise<readonly Message[]>;
  /** Gives back as many messages as are done with, so that the source may let more in. */
  ack(count: number): void;
  /** Hands a message to the broker at QoS 1. False when it was not taken: the caller sends again what still matters. */
  publish(topic: string, payload: Uint8Array): boolean;
  close(): Promise<void>;
}
