import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import * as fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { LinkEmulator } from '../../sim/link.ts';
import { TokenBucket } from '../../sim/token-bucket.ts';

interface Ends {
  readonly link: LinkEmulator;
  readonly port: number;
  /** Everything the ground has received, over all connections. */
  received(): Buffer;
  readonly groundSockets: Socket[];
}

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function linkTo(
  options: { down?: number; up?: number; delayMs?: number },
  onGround: (socket: Socket) => void = () => {},
): Promise<Ends> {
  const pieces: Buffer[] = [];
  const groundSockets: Socket[] = [];
  const ground: Server = createServer((socket) => {
    groundSockets.push(socket);
    socket.on('error', () => {});
    socket.on('data', (piece) => pieces.push(piece));
    onGround(socket);
  });
  ground.listen(0, '127.0.0.1');
  await once(ground, 'listening');
  const address = ground.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const link = new LinkEmulator({
    host: '127.0.0.1',
    port: address.port,
    downBytesPerSecond: options.down ?? 1e9,
    upBytesPerSecond: options.up ?? 1e9,
    delayMs: options.delayMs ?? 0,
  });
  const port = await link.listen();
  cleanUps.push(() => link.close());
  cleanUps.push(() => new Promise<void>((resolve) => ground.close(() => resolve())));
  cleanUps.push(() => {
    for (const socket of groundSockets) socket.destroy();
  });
  return { link, port, received: () => Buffer.concat(pieces), groundSockets };
}

function craftTo(port: number): Socket {
  const socket = connect({ host: '127.0.0.1', port });
  socket.on('error', () => {});
  cleanUps.push(() => {
    socket.destroy();
  });
  return socket;
}

/** Waits for the end of a socket, however it comes. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('the link emulator', () => {
  test('carries bytes intact and in order both ways, and counts them', async () => {
    const down = randomBytes(300_000);
    const up = randomBytes(50_000);
    const { link, port, received } = await linkTo({ delayMs: 3 }, (socket) => socket.write(up));
    link.open();
    const craft = craftTo(port);
    const heard: Buffer[] = [];
    craft.on('data', (piece) => heard.push(piece));
    craft.write(down);
    await until(() => received().length === down.length && Buffer.concat(heard).length === up.length);
    expect(received().equals(down)).toBe(true);
    expect(Buffer.concat(heard).equals(up)).toBe(true);
    const traffic = link.takeTraffic();
    expect(traffic).toMatchObject({ downBytes: 300_000, upBytes: 50_000, lostBytes: 0, connections: 1, cuts: 0 });
    expect(link.takeTraffic().downBytes).toBe(0);
  });

  test('passes the end of a connection on after its last byte', async () => {
    const { link, port, received, groundSockets } = await linkTo({ down: 200_000 });
    link.open();
    const craft = craftTo(port);
    craft.end(randomBytes(20_000));
    await until(() => groundSockets.length === 1);
    if (!groundSockets[0].readableEnded) await once(groundSockets[0], 'end');
    expect(received().length).toBe(20_000);
  });

  test('is never faster than its rate', async () => {
    const rate = 100_000;
    const { link, port, received } = await linkTo({ down: rate });
    link.open();
    const started = performance.now();
    craftTo(port).write(randomBytes(40_000));
    while (received().length < 40_000) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      // an upper bound only: a slow machine carries less and still passes
      const allowed = ((performance.now() - started) / 1000) * rate + rate * 0.05 + 1;
      expect(received().length).toBeLessThanOrEqual(allowed);
    }
  });

  test('cut in the middle, it resets the craft, loses what is under way, and lets a new connection through', async () => {
    const { link, port, received } = await linkTo({ down: 20_000 });
    link.open();
    const craft = craftTo(port);
    const gone = closed(craft);
    craft.write(randomBytes(60_000));
    await until(() => received().length > 1_000);
    link.cut();
    await gone;
    const before = received().length;
    expect(before).toBeLessThan(60_000);
    const traffic = link.takeTraffic();
    expect(traffic.cuts).toBe(1);
    expect(traffic.lostBytes).toBeGreaterThan(0);
    craftTo(port).write('again');
    await until(() => received().subarray(-5).toString() === 'again');
    // what the cut lost never comes: between the two connections not one byte more than had been carried
    expect(received().length - 5).toBeLessThanOrEqual(traffic.downBytes);
  });

  test('lets nothing through before the pass and after it', async () => {
    const { link, port, groundSockets, received } = await linkTo({});
    const early = craftTo(port);
    await closed(early);
    expect(groundSockets.length).toBe(0);
    link.open();
    const craft = craftTo(port);
    craft.write('hello');
    await until(() => received().length === 5);
    link.shut();
    await closed(craft);
    const late = craftTo(port);
    late.write('too late');
    await closed(late);
    expect(received().toString()).toBe('hello');
    expect(groundSockets.length).toBe(1);
  });

  test('resets the craft when the ground cannot be reached', async () => {
    const link = new LinkEmulator({
      host: '127.0.0.1',
      port: 1,
      downBytesPerSecond: 1e6,
      upBytesPerSecond: 1e6,
      delayMs: 0,
    });
    cleanUps.push(() => link.close());
    const port = await link.listen();
    link.open();
    const craft = craftTo(port);
    await closed(craft);
    expect(craft.destroyed).toBe(true);
  });
});

test('a token bucket never gives more than rate · t + burst, and all of it to who keeps asking', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 10, max: 1_000_000 }),
      fc.integer({ min: 1, max: 5_000 }),
      fc.array(fc.record({ dt: fc.integer({ min: 0, max: 50 }), wanted: fc.integer({ min: 0, max: 100_000 }) }), {
        minLength: 1,
        maxLength: 100,
      }),
      (rate, burst, steps) => {
        const bucket = new TokenBucket(rate, burst, 0);
        let now = 0;
        let given = 0;
        for (const { dt, wanted } of steps) {
          now += dt;
          given += bucket.take(wanted, now);
          expect(given).toBeLessThanOrEqual((rate * now) / 1000 + burst + 1e-6);
        }
        const rest = bucket.take(burst, now + (burst / rate) * 1000 + 1);
        expect(rest).toBe(burst);
      },
    ),
  );
});
