/** A broker and a ground for tests of the board: real sockets, real signatures, an archive in memory that commits when it likes. */
import type { KeyObject } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { Aedes } from 'aedes';
import mqtt from 'mqtt';
import {
  DICTIONARY,
  decodeFrame,
  encodeUplink,
  type FieldValues,
  type Frame,
  flattenRanges,
  missionFilter,
  parseTopic,
  RangeSet,
  type StreamRange,
  streamIndex,
  topicOf,
} from '../../sdk/link/index.ts';

export const ADDRESS = { mission: 'tiny', craft: 'one' };

/** aedes on loopback, whose connections can be cut and whose door can be shut. */
export class Broker {
  readonly port: number;
  readonly #aedes: Aedes;
  readonly #server: Server;
  readonly sockets = new Set<Socket>();
  /** Connections are ended as soon as they come. */
  shut = false;
  /** Topics whose messages end the connection that publishes them, as some brokers do. */
  poison: string | undefined;

  private constructor(aedes: Aedes, server: Server, port: number) {
    this.#aedes = aedes;
    this.#server = server;
    this.port = port;
  }

  static async open(): Promise<Broker> {
    const aedes = await Aedes.createBroker();
    let broker: Broker | undefined;
    const server = createServer((socket) => {
      if (broker === undefined || broker.shut) return socket.destroy();
      const { sockets } = broker;
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      return aedes.handle(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('no port');
    const opened = new Broker(aedes, server, address.port);
    broker = opened;
    aedes.authorizePublish = (_client, packet, callback) =>
      callback(packet.topic === opened.poison ? new Error('poisoned') : null);
    return opened;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  /** Cuts every connection to the broker, also the ground's. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await new Promise<void>((resolve) => this.#aedes.close(() => resolve()));
  }
}

const ACK_MS = 20;

export class GroundStation {
  /** Frames by `stream/boot/sequence`. */
  readonly archive = new Map<string, Frame>();
  readonly births: Frame[] = [];
  /** Frames that came again after they were archived. */
  duplicates = 0;
  received = 0;
  /** False for a ground that does not listen: no beacons. */
  beacons = true;
  /** False for a ground whose archive does not commit. */
  acknowledges = true;
  session = 1;
  readonly #key: KeyObject;
  readonly #client: mqtt.MqttClient;
  readonly #timer: NodeJS.Timeout;
  #counter = 0;
  #fresh: Frame[] = [];

  private constructor(key: KeyObject, client: mqtt.MqttClient) {
    this.#key = key;
    this.#client = client;
    client.on('message', (topic, payload) => this.#receive(topic, payload));
    this.#timer = setInterval(() => this.#acknowledge(), ACK_MS);
  }

  static async listen(broker: Broker, key: KeyObject): Promise<GroundStation> {
    const client = await mqtt.connectAsync(broker.url, { protocolVersion: 4, reconnectPeriod: 50, clientId: 'ground' });
    const ground = new GroundStation(key, client);
    await client.subscribeAsync(missionFilter(ADDRESS.mission), { qos: 1 });
    return ground;
  }

  /** Frames of a stream, by boot and sequence. */
  of(stream: string): Frame[] {
    return [...this.archive.values()]
      .filter((frame) => frame.stream === stream)
      .sort((a, b) => a.boot - b.boot || a.sequence - b.sequence);
  }

  send(command: string, args: FieldValues): number {
    const topic = topicOf(ADDRESS, 'command');
    const counter = ++this.#counter;
    this.sendRaw(encodeUplink(DICTIONARY, topic, { counter, command, args }, this.#key));
    return counter;
  }

  sendRaw(payload: Buffer): void {
    this.#client.publish(topicOf(ADDRESS, 'command'), payload, { qos: 1 });
  }

  beacon(): void {
    this.send('beacon', { session: this.session, ranges: flattenRanges(this.held()) });
  }

  /** What the archive holds. */
  held(): StreamRange[] {
    return rangesOf(this.archive.values());
  }

  /** Asks for every frame below the extents of the newest birth or health that has not come. */
  askForMissing(extents: readonly { readonly boot: number; readonly stream: number; readonly last: number }[]): number {
    const missing = extents.flatMap(({ boot, stream, last }) => {
      const set = new RangeSet();
      for (const frame of this.of(DICTIONARY.streams[stream].name)) if (frame.boot === boot) set.add(frame.sequence);
      return set.missing(1, last).map((range) => ({ boot, stream, ...range }));
    });
    if (missing.length > 0) this.send('resend', { ranges: flattenRanges(missing) });
    return missing.length;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#client.end(true);
  }

  #receive(topic: string, payload: Buffer): void {
    const parsed = parseTopic(topic);
    if (!parsed || parsed.stream === 'command') return;
    const frame = decodeFrame(DICTIONARY, payload);
    if (frame.stream !== parsed.stream) throw new Error(`${frame.stream} frame on ${topic}`);
    if (frame.stream === 'birth') {
      this.births.push(frame);
      // as a ground does whose counter file was lost: on above what the craft has accepted
      this.#counter = Math.max(this.#counter, Number(frame.values.commandCounter));
      if (frame.values.link === 'up' && this.beacons) this.beacon();
      return;
    }
    this.received++;
    const key = `${frame.stream}/${frame.boot}/${frame.sequence}`;
    if (this.archive.has(key)) this.duplicates++;
    if (!this.acknowledges) return;
    this.archive.set(key, frame);
    this.#fresh.push(frame);
  }

  #acknowledge(): void {
    if (this.#fresh.length === 0 || !this.#client.connected) return;
    const ranges = rangesOf(this.#fresh);
    this.#fresh = [];
    this.send('acknowledge', { ranges: flattenRanges(ranges) });
  }
}

/** Frames as ranges, per boot and stream. */
function rangesOf(frames: Iterable<Frame>): StreamRange[] {
  const sets = new Map<string, RangeSet>();
  for (const { boot, stream, sequence } of frames) {
    const name = `${boot} ${streamIndex(DICTIONARY, stream)}`;
    const set = sets.get(name) ?? new RangeSet();
    set.add(sequence);
    sets.set(name, set);
  }
  return [...sets].flatMap(([name, set]) => {
    const [boot, stream] = name.split(' ').map(Number);
    return set.ranges.map((range) => ({ boot, stream, ...range }));
  });
}
