/** The ground against simulated craft over a real broker and a real archive: nothing lost, nothing twice, whatever comes. */
import { mkdir, rmdir } from 'node:fs/promises';
import { connectAsync } from 'mqtt';
import { expect, test } from 'vitest';
import { Random } from '../../sdk/base/index.ts';
import { Archive, type ArchiveWriter } from '../../sdk/ground/archive.ts';
import { type Ground, type GroundOptions, runGround } from '../../sdk/ground/ground.ts';
import { readArchiveStatus } from '../../sdk/ground/status.ts';
import { DICTIONARY, type Dictionary, encodeFrame } from '../../sdk/link/index.ts';
import { Board, KEYS, later, MISSION, temporaryFolder, until } from './board.ts';

const logged: string[] = [];

async function start(
  archive: string,
  options: Partial<GroundOptions> = {},
  through: (archive: Archive) => ArchiveWriter = (whole) => whole,
): Promise<Ground> {
  const ground = await runGround(
    {
      ...{ archive, mission: MISSION, commandKey: KEYS.privateKey, listen: 0, timing: { beaconMs: 200, quietMs: 100 } },
      progress: { log: (line) => logged.push(line) },
      ...options,
    },
    through,
  );
  later(() => ground.stop());
  return ground;
}

async function join(ground: Ground, craft: string, boot = 1): Promise<Board> {
  const board = new Board(craft, boot);
  await board.connect(ground.brokerUrl);
  later(() => board.client?.endAsync(true));
  await until('a beacon', () => board.uplinks.some(({ command }) => command === 'beacon'));
  return board;
}

test('archives what crafts send, in every order and however often, once, and acknowledges all of it', async () => {
  const ground = await start(await temporaryFolder());
  const boards = [await join(ground, 'sat-a'), await join(ground, 'sat-b', 7)];
  const random = Random.of(1, 'order');
  for (const board of boards) {
    const frames = Array.from({ length: 60 }, (_, i) => (i % 4 === 0 ? board.event(`e${i}`) : board.soil(`s${i}`)));
    await board.send(...random.shuffle([...frames, ...frames.slice(20, 40)]));
  }
  await until('empty stores', () => boards.every(({ store }) => store.size === 0));
  const status = await ground.status();
  expect(status).toMatchObject({
    archived: 120,
    duplicatesArchived: 0,
    duplicatesDropped: 40,
    gaps: 0,
    quarantined: 0,
  });
  expect(status.crafts.map(({ craft, link, boots }) => ({ craft, link, boots }))).toEqual([
    { craft: 'sat-a', link: 'up', boots: [1] },
    { craft: 'sat-b', link: 'up', boots: [7] },
  ]);
  expect(status.crafts[1].perStream.soil).toEqual({ archived: 45, expected: 45, gaps: 0, expired: 0 });
});

test('a dropped frame is missed, asked for by range, and filled; the ledger keeps the gap as an object', async () => {
  const dir = await temporaryFolder();
  const ground = await start(dir);
  const board = await join(ground, 'sat');
  const frames = Array.from({ length: 20 }, (_, i) => board.soil(`s${i}`));
  await board.send(...frames.filter(({ sequence }) => ![5, 6, 13].includes(sequence)));
  await until('no gap', async () => (await ground.status()).archived === 20);
  await until('filled', async () => (await ground.status()).ledger.filled === 2);
  expect(new Set(board.askedFor)).toEqual(new Set(['1/soil/5', '1/soil/6', '1/soil/13']));
  expect(await ground.status()).toMatchObject({
    gaps: 0,
    duplicatesArchived: 0,
    ledger: { open: 0, asked: 0, expired: 0 },
  });
  await ground.stop();
  const archive = await Archive.openToRead(dir);
  const gaps = await archive.query('SELECT first::INT f, last::INT l, state, missing::INT m FROM gaps ORDER BY first');
  archive.close();
  expect(gaps).toEqual([
    { f: 5, l: 6, state: 'filled', m: 0 },
    { f: 13, l: 13, state: 'filled', m: 0 },
  ]);
});

test('a counter file that cannot be written holds everything up, loses nothing, and is over when it can be', async () => {
  const dir = await temporaryFolder();
  const ground = await start(dir);
  const board = await join(ground, 'sat');
  const blocked = `${dir}/uplink-counter.${process.pid}.partial`;
  await mkdir(blocked); // stands where the next block of numbers would be written
  await ground.command('sat', 'rebirth').catch(() => {});
  for (let i = 0; i < 1100; i++) await ground.command('sat', 'rebirth').catch(() => {}); // the block runs out
  await board.send(board.soil('a'), board.soil('b'));
  await until('the complaint', () => logged.some((line) => /uplink counter cannot be written/.test(line)));
  expect(board.store.size).toBe(2);
  await rmdir(blocked);
  await until('an empty store', () => board.store.size === 0);
  await board.send(board.soil('c'));
  await until('the next frame', () => board.store.size === 0);
  expect(await ground.status()).toMatchObject({ archived: 3, duplicatesArchived: 0, gaps: 0 });
});

test('a craft that never answers is asked less and less often, and frames it reports dropped expire', async () => {
  const dir = await temporaryFolder();
  const ground = await start(dir, { timing: { beaconMs: 1000, quietMs: 50 } });
  const board = await join(ground, 'sat');
  board.obedient = false;
  const frames = Array.from({ length: 6 }, (_, i) => board.soil(`s${i}`));
  await board.send(frames[0], frames[5]);
  await until('three requests', () => board.uplinks.filter(({ command }) => command === 'resend').length >= 3);
  expect(await ground.status()).toMatchObject({ archived: 2, gaps: 4, ledger: { asked: 1 } });
  board.cut();
  await until('link lost', async () => (await ground.status()).crafts[0].link === 'lost');
  await board.connect(ground.brokerUrl, [1, DICTIONARY.streams.findIndex(({ name }) => name === 'soil'), 2, 5]);
  await until('expired', async () => (await ground.status()).ledger.expired === 1);
  const { gaps, crafts } = await ground.status();
  expect(gaps).toBe(0);
  expect(crafts[0].perStream.soil).toEqual({ archived: 2, expected: 6, gaps: 0, expired: 4 });
  await ground.stop();
  const { gaps: after, ledger } = await readArchiveStatus(dir);
  expect({ after, ledger }).toEqual({ after: 0, ledger: { open: 0, asked: 0, filled: 0, expired: 1 } });
});

test('frames that only the birth tells of are missing until they come', async () => {
  const ground = await start(await temporaryFolder());
  const board = new Board('sat', 2);
  board.obedient = false;
  for (let i = 0; i < 9; i++) board.soil(`s${i}`);
  await board.connect(ground.brokerUrl);
  later(() => board.client?.endAsync(true));
  await until('nine gaps', async () => (await ground.status()).gaps === 9);
  await board.sendAll();
  await until('none', async () => (await ground.status()).gaps === 0);
  await until('empty store', () => board.store.size === 0);
});

test('random bytes, another dictionary and a frame on a wrong topic are put in quarantine, with a reason, and the ground goes on', async () => {
  logged.length = 0;
  const dir = await temporaryFolder();
  const ground = await start(dir);
  const board = await join(ground, 'sat');
  const random = Random.of(3, 'bytes');
  const stranger = await connectAsync(ground.brokerUrl, { protocolVersion: 4 });
  later(() => stranger.endAsync(true));
  const sizes = [0, 1, 4, 5, 64, 1000, 65536, 65537, 200_000];
  for (const size of sizes) {
    const bytes = Buffer.from(Uint8Array.from({ length: size }, () => random.below(256)));
    await stranger.publishAsync(board.topic('soil'), bytes, { qos: 1 });
  }
  const other: Dictionary = { ...DICTIONARY, version: 99 };
  const values = { source: 'x', estimate: [1], latency: 1 };
  const head = { stream: 'soil', boot: 1, sequence: 1, timeMs: 1, uncertaintyMs: 0, stored: false };
  const frame = encodeFrame(DICTIONARY, { ...head, values });
  await stranger.publishAsync(board.topic('soil'), encodeFrame(other, { ...head, values }), { qos: 1 });
  await stranger.publishAsync(board.topic('event'), frame, { qos: 1 });
  await stranger.publishAsync(`nadir/1/${MISSION}/sat/no-such-stream`, frame, { qos: 1 });
  const flipped = Buffer.from(frame);
  flipped[20] ^= 1;
  await stranger.publishAsync(board.topic('soil'), flipped, { qos: 1 });
  const bad = sizes.length + 4;
  await until('all refused', async () => (await ground.status()).quarantined === bad);
  await board.send(board.soil('good'));
  await until('the good one', () => board.store.size === 0);
  expect(await ground.status()).toMatchObject({ archived: 1, quarantined: bad, gaps: 0 });
  const lines = logged.filter((line) => line.includes('refused a payload'));
  expect(lines).toHaveLength(bad);
  expect(lines.every((line) => line.includes(`nadir/1/${MISSION}/sat/`) && !line.includes('\n'))).toBe(true);
  expect(lines.join('\n')).toMatch(/another dictionary[\s\S]*frame of stream soil on topic event/);
  await ground.stop();
  const archive = await Archive.openToRead(dir);
  const kept = await archive.query(
    'SELECT size::INT AS size, octet_length(head)::INT AS head FROM quarantine ORDER BY size',
  );
  archive.close();
  expect(kept).toHaveLength(bad);
  expect(kept.at(-1)).toEqual({ size: 200_000, head: 256 });
});

test('nothing is acknowledged before its commit: a failing archive holds the acknowledgement back until it works', async () => {
  const commits: string[] = [];
  let failing = 0;
  const board = new Board('sat');
  const through = (archive: Archive): ArchiveWriter => ({
    get nextRow() {
      return archive.nextRow;
    },
    framesFrom: (row) => archive.framesFrom(row),
    async commit(batch) {
      if (batch.frames.length > 0 && failing > 0) {
        failing--;
        // the second failure is the cruel one: the commit did happen and its answer was lost
        if (failing === 0) await archive.commit(batch);
        expect(board.store.size).toBe(3);
        commits.push('failed');
        throw new Error('disk is full');
      }
      await archive.commit(batch);
      if (batch.frames.length > 0) commits.push('done');
    },
  });
  const ground = await start(await temporaryFolder(), {}, through);
  await board.connect(ground.brokerUrl);
  later(() => board.client?.endAsync(true));
  failing = 2;
  board.obedient = false;
  const frames = [1, 2, 3].map((i) => board.soil(`s${i}`));
  await Promise.all(frames.map((frame) => board.send(frame)));
  await until('acknowledged', () => board.store.size === 0);
  expect(commits.slice(0, 2)).toEqual(['failed', 'failed']);
  expect(await ground.status()).toMatchObject({ archived: 3, duplicatesArchived: 0 });
});

test('no acknowledgement leaves while the archive cannot commit', async () => {
  const through = (archive: Archive): ArchiveWriter => ({
    get nextRow() {
      return archive.nextRow;
    },
    framesFrom: (row) => archive.framesFrom(row),
    commit: (batch) => (batch.frames.length > 0 ? Promise.reject(new Error('no space')) : archive.commit(batch)),
  });
  logged.length = 0;
  const ground = await start(await temporaryFolder(), {}, through);
  const board = await join(ground, 'sat');
  await board.send(board.soil('a'), board.soil('b'));
  await until('three failures', () => logged.filter((line) => line.includes('did not commit')).length >= 3);
  expect(board.store.size).toBe(2);
  expect(board.uplinks.some(({ command }) => command === 'acknowledge')).toBe(false);
  expect((await ground.status()).archived).toBe(0);
});

test('a ground closed in the middle of a pass goes on from its archive: nothing twice, nothing lost, the counter only grows', async () => {
  const dir = await temporaryFolder();
  const first = await start(dir);
  const board = await join(first, 'sat');
  for (let i = 0; i < 30; i++) await board.send(board.soil(`s${i}`));
  const sent = board.sendAll().catch(() => {});
  await first.stop();
  await sent;
  const second = await start(dir);
  await board.connect(second.brokerUrl);
  later(() => board.client?.endAsync(true));
  for (let i = 30; i < 40; i++) await board.send(board.soil(`s${i}`));
  await board.sendAll();
  await until('empty store', () => board.store.size === 0);
  expect(await second.status()).toMatchObject({ archived: 40, duplicatesArchived: 0, gaps: 0 });
  const counters = board.uplinks.map(({ counter }) => counter);
  expect(counters).toEqual([...counters].sort((a, b) => a - b));
  expect(new Set(counters).size).toBe(counters.length);
  const sessions = board.uplinks.filter(({ command }) => command === 'beacon').map(({ args }) => Number(args.session));
  expect(new Set(sessions).size).toBe(2);
});

test('the beacon says what the archive holds, so that a lost acknowledgement is made good', async () => {
  const ground = await start(await temporaryFolder());
  const board = await join(ground, 'sat');
  const frames = Array.from({ length: 5 }, (_, i) => board.soil(`s${i}`));
  await board.send(...frames);
  await until('acknowledged', () => board.store.size === 0);
  for (const frame of frames) board.store.set(`1/soil/${frame.sequence}`, frame); // as if no acknowledgement had come
  board.cut();
  await board.connect(ground.brokerUrl);
  await until('told again', () => board.store.size === 0);
});

test('the will of a session that is over does not take the link down', async () => {
  const ground = await start(await temporaryFolder());
  const board = await join(ground, 'sat');
  const old = board.client;
  await board.connect(ground.brokerUrl);
  await until('both births', async () => (await ground.status()).crafts[0].link === 'up');
  const { receivedBytes } = await ground.status();
  old?.stream.destroy();
  await until('the will', async () => (await ground.status()).receivedBytes > receivedBytes);
  expect((await ground.status()).crafts[0].link).toBe('up');
  board.cut();
  await until('lost', async () => (await ground.status()).crafts[0].link === 'lost');
});

test('joins a broker that speaks only 3.1.1 after having tried 5, and finds it again after it was away', async () => {
  const { openBroker } = await import('../../sdk/ground/broker.ts');
  const broker = await openBroker(0);
  const ground = await start(await temporaryFolder(), { broker: broker.url });
  const board = new Board('sat');
  await board.connect(broker.url);
  await until('a beacon', () => board.uplinks.length > 0);
  await board.send(board.soil('one'));
  await until('archived', () => board.store.size === 0);
  const { port } = broker;
  await broker.close();
  const again = await openBroker(port);
  later(() => again.close());
  await board.connect(again.url);
  later(() => board.client?.endAsync(true));
  const lost = board.soil('two');
  await until('a beacon of another session', () => {
    const sessions = board.uplinks.filter(({ command }) => command === 'beacon').map(({ args }) => args.session);
    return new Set(sessions).size === 2;
  });
  await board.send(lost);
  await until('archived', () => board.store.size === 0);
  expect(await ground.status()).toMatchObject({ archived: 2, gaps: 0, duplicatesArchived: 0 });
});

test('commands are signed and numbered', async () => {
  const ground = await start(await temporaryFolder());
  const board = await join(ground, 'sat');
  const counter = await ground.command('sat', 'mode', { mode: 'safe' });
  await until('the command', () => board.uplinks.some(({ command }) => command === 'mode'));
  expect(board.uplinks.find(({ command }) => command === 'mode')).toMatchObject({ counter, args: { mode: 'safe' } });
  await expect(ground.command('sat', 'explode')).rejects.toThrow(/not in the dictionary/);
});

test('what does not serve is refused in one line', async () => {
  const dir = await temporaryFolder();
  const ground = await start(dir);
  await expect(start(dir)).rejects.toThrow(/archive is in use.*archive\.duckdb\. Stop/s);
  await ground.stop();
  await expect(start(dir, { mission: 'other' })).rejects.toThrow(/archive is of mission test/);
  await expect(start(dir, { mission: 'no good' })).rejects.toThrow(/no good.*--mission/);
  await expect(start(dir, { broker: 'http://x' })).rejects.toThrow(/not a broker URL.*mqtt:/);
  const running = await start(dir);
  await mkdir(`${dir}/other`);
  await expect(start(`${dir}/other`, { listen: running.brokerPort ?? 0 })).rejects.toThrow(
    /cannot listen \(EADDRINUSE\)/,
  );
});
