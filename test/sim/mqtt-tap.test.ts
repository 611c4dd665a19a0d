import { once } from 'node:events';
import { createServer } from 'node:net';
import { Aedes } from 'aedes';
import * as fc from 'fast-check';
import mqtt from 'mqtt';
import { expect, test } from 'vitest';
import { DICTIONARY, encodeFrame } from '../../sdk/link/index.ts';
import { LinkEmulator } from '../../sim/link.ts';
import { FrameCounter, MqttTap } from '../../sim/mqtt-tap.ts';

const frame = (sequence: number) =>
  encodeFrame(DICTIONARY, {
    stream: 'event',
    boot: 1,
    sequence,
    timeMs: 0,
    uncertaintyMs: 0,
    stored: true,
    values: { severity: 'info', code: 'test', detail: 'x'.repeat(sequence) },
  });

test('frames that a real MQTT client publishes through the link are counted, and those that come again', async () => {
  const aedes = await Aedes.createBroker();
  const server = createServer(aedes.handle);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const counter = new FrameCounter();
  const link = new LinkEmulator({
    host: '127.0.0.1',
    port: address.port,
    downBytesPerSecond: 1e6,
    upBytesPerSecond: 1e6,
    delayMs: 0,
    tap: () => counter.tap(),
  });
  const port = await link.listen();
  link.open();
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 4, reconnectPeriod: 0 });
  try {
    let bytes = 0;
    for (const sequence of [1, 2, 200, 2, 1]) {
      bytes += frame(sequence).length;
      await client.publishAsync('nadir/1/demo/a/event', frame(sequence), { qos: 1 });
    }
    await client.publishAsync('nadir/1/demo/a/event', 'no frame', { qos: 0 });
    await client.publishAsync('nadir/1/demo/a/event', frame(3), { qos: 0 });
    await client.endAsync();
    const counts = counter.take();
    expect(counts).toEqual({
      frames: 6,
      bytes: bytes + frame(3).length,
      repeated: 2,
      repeatedBytes: frame(1).length + frame(2).length,
    });
    expect(counter.take().frames).toBe(0);
  } finally {
    client.end(true);
    await link.close();
    await new Promise((resolve) => aedes.close(() => server.close(resolve)));
  }
});

// PUBLISH of MQTT 5 by the standard's own figures: topic a/b, QoS 1, packet 10, one property of 2 bytes, payload "hello"
const CONNECT_5 = Buffer.from([0x10, 13, 0, 4, 0x4d, 0x51, 0x54, 0x54, 5, 2, 0, 60, 0, 0, 0]);
const PUBLISH_5 = Buffer.from([0x32, 15, 0, 3, 0x61, 0x2f, 0x62, 0, 10, 2, 1, 1, 0x68, 0x65, 0x6c, 0x6c, 0x6f]);

test('MQTT 5 is read along too, however its bytes are cut into pieces', () => {
  const whole = Buffer.concat([CONNECT_5, PUBLISH_5, PUBLISH_5]);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: whole.length }), { maxLength: 8 }), (cuts) => {
      const heard: string[] = [];
      const tap = new MqttTap((topic, payload) => heard.push(`${topic} ${payload}`));
      let last = 0;
      for (const cut of [...cuts.sort((a, b) => a - b), whole.length]) {
        tap.push(whole.subarray(last, cut));
        last = cut;
      }
      expect(heard).toEqual(['a/b hello', 'a/b hello']);
    }),
  );
});

test('a tap swallows any bytes', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }), (pieces) => {
      let published = 0;
      const tap = new MqttTap(() => published++);
      for (const piece of pieces) tap.push(Buffer.from(piece));
      expect(published).toBeGreaterThanOrEqual(0);
    }),
  );
});
