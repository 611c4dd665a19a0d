import { describe, expect, it } from 'vitest';
import { Random } from '../../sdk/base/index.ts';
import { DICTIONARY, encodeUplink, streamIndex, topicOf } from '../../sdk/link/index.ts';
import { ADDRESS } from './ground-station.ts';
import { openScene, temporaryFolder } from './scene.ts';
import { deliver, image, someSpectralFrame, tinyMission, until } from './tiny-mission.ts';

async function deliverMany(frames: string, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await deliver(frames, `f${String(i).padStart(3, '0')}.npz`, someSpectralFrame(i));
}

describe('custody on the board', () => {
  it('sends nothing but its birth until it hears the ground', async () => {
    const { ground, frames, board } = await openScene({ drainMs: 0 });
    ground.beacons = false;
    await deliverMany(frames, 5);
    const handle = await board();
    await until('birth and results', () => ground.births.length === 1 && handle.status().store.totals.done === 5);
    expect(ground.births[0].values).toMatchObject({ link: 'up', session: 2, resetReason: 'first boot' });
    expect(handle.status().link).toMatchObject({ heard: false, sentFrames: 0 });
    ground.beacon();
    await until('everything', () => ground.of('soil').length === 5);
  });

  it('keeps what the broker has taken until the archive has it, and sends it again to another run of the ground', async () => {
    const { ground, frames, board } = await openScene({ drainMs: 0 });
    ground.acknowledges = false;
    await deliverMany(frames, 5);
    const handle = await board();
    await until('all sent', () => ground.received >= 7);
    const { frames: waiting } = handle.status().store;
    expect(waiting).toBeGreaterThanOrEqual(7);
    const before = ground.received;
    ground.beacon(); // the same run of the ground: nothing is sent again
    ground.acknowledges = true;
    await deliver(frames, 'more.npz', someSpectralFrame(9));
    await until('the new frame', () => ground.of('soil').length === 1);
    expect(ground.received).toBe(before + 1);
    ground.session++;
    ground.beacon();
    await until('the rest', () => ground.of('soil').length === 6 && handle.status().store.frames === 0);
  });

  it('sends again what the ground asks for, and nothing else', async () => {
    const { ground, frames, board } = await openScene({ drainMs: 0 });
    ground.acknowledges = false;
    await deliverMany(frames, 8);
    const handle = await board();
    await until('all sent', () => ground.received >= 10);
    await until('taken', () => handle.status().store.totals.done === 8);
    ground.acknowledges = true;
    const soil = streamIndex(DICTIONARY, 'soil');
    ground.send('resend', { ranges: [1, soil, 2, 3, 1, soil, 7, 7, 1, soil, 100, 900, 9, soil, 1, 5] });
    await until('three frames', () => ground.of('soil').length === 3);
    expect(ground.of('soil').map(({ sequence }) => sequence)).toEqual([2, 3, 7]);
  });

  it('counts frames as unsent of which nobody says for long what became of them', async () => {
    const { ground, frames, board } = await openScene({ drainMs: 0, watchMs: 20 });
    ground.acknowledges = false;
    await deliverMany(frames, 3);
    const handle = await board();
    await until('all sent', () => ground.received >= 5);
    ground.acknowledges = true;
    await until('all archived', () => handle.status().store.frames === 0);
    expect(ground.of('soil')).toHaveLength(3);
  });

  it('sends by priority: events before soil, soil before concepts, first layers before second ones', async () => {
    const { ground, frames, board } = await openScene({ drainMs: 0 });
    ground.beacons = false;
    for (let i = 0; i < 3; i++) await deliver(frames, `a${i}.jpg`, image(i));
    await deliverMany(frames, 3);
    await deliver(frames, 'z.txt', Buffer.from('x'));
    const handle = await board();
    await until('all stored', () => handle.status().store.totals.ignored === 1);
    ground.beacon();
    await until('all archived', () => handle.status().store.frames === 0);
    const order = [...ground.archive.values()].map(({ stream, values }) =>
      stream === 'concepts' ? `concepts ${values.layer}` : stream,
    );
    expect(order).toEqual(
      [...order].sort((a, b) => {
        const rank = ['health', 'event', 'soil', 'concepts 0', 'concepts 1'];
        return rank.indexOf(a) - rank.indexOf(b);
      }),
    );
    expect(order.filter((stream) => stream === 'concepts 1')).toHaveLength(3);
  });

  it('loses nothing over a link that is cut at random, and gives no frame two numbers', async () => {
    const { broker, ground, frames, board } = await openScene({ drainMs: 0 });
    const random = Random.of(11, 'cuts');
    const handle = await board();
    const cutting = (async () => {
      for (let i = 0; i < 12; i++) {
        await new Promise((resolve) => setTimeout(resolve, 20 + random.below(150)));
        broker.shut = i % 3 === 0;
        broker.cut();
      }
      broker.shut = false;
    })();
    await deliverMany(frames, 40);
    for (let i = 0; i < 6; i++) await deliver(frames, `i${i}.jpg`, image(i));
    await cutting;
    await until('the results', () => handle.status().store.totals.done === 46);
    for (let asked = 0; handle.status().store.frames > 0; asked++) {
      expect(asked).toBeLessThan(40);
      ground.askForMissing(handle.status().store.extents);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    for (const { boot, stream, last } of handle.status().store.extents) {
      const sequences = ground.of(DICTIONARY.streams[stream].name).filter((frame) => frame.boot === boot);
      expect(sequences.map(({ sequence }) => sequence)).toEqual(Array.from({ length: last }, (_, i) => i + 1));
    }
    expect(new Set(ground.of('soil').map(({ values }) => values.source)).size).toBe(40);
    expect(handle.status().link.sessions).toBeGreaterThan(4);
    expect(ground.births.some(({ values }) => values.link === 'lost')).toBe(true);
  });

  it('believes no command that is forged, replayed, damaged or meant for another craft', async () => {
    const { mission, ground, board } = await openScene({ drainMs: 0 });
    const handle = await board();
    await until('a beacon', () => handle.status().link.heard);
    await until('quiet', () => handle.status().store.frames === 0);
    const topic = topicOf(ADDRESS, 'command');
    const safe = { counter: 1000, command: 'mode', args: { mode: 'safe' } };
    const elsewhere = topicOf({ ...ADDRESS, craft: 'two' }, 'command');
    const good = encodeUplink(DICTIONARY, topic, safe, mission.commandKey);
    const stranger = await tinyMission(temporaryFolder());
    ground.sendRaw(Buffer.from('hello'));
    ground.sendRaw(good.with(3, good[3] ^ 1) as Buffer);
    ground.sendRaw(encodeUplink(DICTIONARY, elsewhere, safe, mission.commandKey));
    ground.sendRaw(encodeUplink(DICTIONARY, topic, safe, stranger.commandKey));
    ground.sendRaw(encodeUplink(DICTIONARY, topic, { ...safe, counter: 1 }, mission.commandKey)); // older than the beacon
    await until('five refusals', () => handle.status().link.refusedCommands === 5);
    expect(handle.status().mode).toBe('nominal');
    ground.sendRaw(good);
    ground.sendRaw(good);
    await until('the replay refused', () => handle.status().link.refusedCommands === 6);
    expect(handle.status().mode).toBe('safe');
    await until('its answers', () => ground.of('ack').length === 2);
  });

  it('leaves a frame out that ends the session three times, says so, and tries again when asked', async () => {
    const { broker, ground, frames, board } = await openScene({ drainMs: 0 });
    broker.poison = topicOf(ADDRESS, 'soil');
    await deliver(frames, 'a.npz', someSpectralFrame(1));
    const handle = await board();
    await until('the event', () => ground.of('event').some(({ values }) => values.code === 'frame-quarantined'));
    await until('all but one', () => handle.status().store.frames === 1);
    broker.poison = undefined;
    ground.send('resend', { ranges: [1, streamIndex(DICTIONARY, 'soil'), 1, 1] });
    await until('the frame', () => ground.of('soil').length === 1 && handle.status().store.frames === 0);
  });

  it('drops the least worth first when its store is full, counts it, and tells the ground which', async () => {
    const { ground, frames, board } = await openScene({ drainMs: 0 });
    ground.beacons = false;
    for (let i = 0; i < 6; i++) await deliver(frames, `a${i}.jpg`, image(i));
    for (let i = 0; i < 6; i++) await deliver(frames, `b${i}.npz`, someSpectralFrame(i));
    const handle = await board({ limits: { frames: 11, bytes: 1e6 } });
    await until('the results', () => handle.status().store.totals.done === 12);
    // 1 event, 1 health, 6 soil, 12 concepts, of which the 6 second layers and the oldest 3 first layers had to go
    expect(handle.status().store).toMatchObject({ frames: 11, totals: { dropped: 9 } });
    ground.beacon();
    await until('all archived', () => handle.status().store.frames === 0);
    expect(ground.of('concepts').map(({ values }) => values.source)).toEqual(['a3.jpg', 'a4.jpg', 'a5.jpg']);
    const births = ground.births.length;
    expect(ground.askForMissing(handle.status().store.extents)).toBeGreaterThan(0);
    await until('a birth that tells', () => ground.births.length > births);
    const concepts = streamIndex(DICTIONARY, 'concepts');
    const { dropped } = ground.births[ground.births.length - 1].values;
    expect(dropped).toEqual([1, concepts, 1, 6, 1, concepts, 8, 8, 1, concepts, 10, 10, 1, concepts, 12, 12]);
  });
});
