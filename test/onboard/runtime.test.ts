import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeConcepts } from '../../sdk/link/index.ts';
import { readStoreStatus } from '../../sdk/onboard/index.ts';
import { FrameStore } from '../../sdk/onboard/store.ts';
import { openScene, temporaryFolder } from './scene.ts';
import { deliver, image, someSpectralFrame, spectralFrame, tinyMission, until } from './tiny-mission.ts';

describe('the flight runtime', () => {
  it('turns a spectral frame into the soil estimate of its forest and an image into a code in two layers', async () => {
    const { ground, frames, board } = await openScene();
    const spectrum = Array(12).fill(0.25);
    spectrum[3] = 0.75; // above 0.5: the first tree says 20
    spectrum[7] = 0.375; // − spectrum[2] is below 0.25: the second says −1.5
    await deliver(frames, 'a.npz', spectralFrame(spectrum));
    await deliver(frames, 'b.jpg', image(1));
    const handle = await board();
    await until('soil and two layers', () => ground.of('soil').length === 1 && ground.of('concepts').length === 2);
    expect(ground.of('soil')[0].values).toMatchObject({ source: 'a.npz', estimate: [20, -1.5] });
    const [first, second] = ground.of('concepts').map((frame) => frame.values);
    expect([first.source, first.layer, first.layers, second.layer]).toEqual(['b.jpg', 0, 2, 1]);
    const code = Buffer.concat([first.code as Uint8Array, second.code as Uint8Array]);
    const names = decodeConcepts(first.code as Uint8Array, 40);
    const all = decodeConcepts(code, 40);
    expect(names.latents.length).toBeGreaterThanOrEqual(16);
    expect(all.latents.length).toBeGreaterThan(names.latents.length);
    expect(Array.from(all.latents.subarray(0, names.latents.length))).toEqual(Array.from(names.latents));
    await until('all acknowledged', () => handle.status().store.frames === 0);
    expect(handle.status()).toMatchObject({ mode: 'nominal', boot: 1, resetReason: 'first boot' });
  });

  it('tells of a bad frame, a foreign file and an oversized name, and goes on', async () => {
    const { ground, frames, board } = await openScene();
    await deliver(frames, 'a.jpg', image(1).subarray(0, 300));
    await deliver(frames, 'b.npz', Buffer.from('not a zip'));
    await deliver(frames, 'c.txt', Buffer.from('hello'));
    await deliver(frames, 'd.npz', spectralFrame([1, 2, 3]));
    await deliver(frames, 'e.npz', someSpectralFrame(2));
    const handle = await board();
    await until(
      'the good frame and four events',
      () => ground.of('soil').length === 1 && ground.of('event').length >= 5,
    );
    const details = ground.of('event').map(({ values }) => `${values.code}: ${values.detail}`);
    expect(details.some((line) => /^frame-failed: .*JPEG.*a\.jpg/.test(line))).toBe(true);
    expect(details.some((line) => /^frame-failed: .*zip.*b\.npz/.test(line))).toBe(true);
    expect(details.some((line) => /^frame-ignored: c\.txt/.test(line))).toBe(true);
    expect(details.some((line) => /^frame-failed: 3 bands where the model has 12: d\.npz/.test(line))).toBe(true);
    expect(handle.status().store.totals).toMatchObject({ done: 1, failed: 3, ignored: 1 });
  });

  it('gives up a camera frame that was at work in one fall after another, and goes on with the next', async () => {
    const { ground, frames, store, board } = await openScene();
    await deliver(frames, 'a.npz', someSpectralFrame(1));
    await deliver(frames, 'b.npz', someSpectralFrame(2));
    for (let fall = 0; fall < 5; fall++) {
      const opened = new FrameStore(store);
      expect(opened.suspect('a.npz')).toBe(fall + 1);
      await opened.close(false);
    }
    const handle = await board();
    await until('the other frame', () => ground.of('soil').length === 1);
    expect(ground.of('soil')[0].values.source).toBe('b.npz');
    await until('the event', () => ground.of('event').some(({ values }) => /fell 5 times/.test(String(values.detail))));
    expect(handle.status().store.totals).toMatchObject({ done: 1, failed: 1 });
  });

  it('stops in good order: what is stored is acknowledged, and the next boot knows that it was a clean stop', async () => {
    const { ground, frames, store, board } = await openScene();
    for (let i = 0; i < 20; i++) await deliver(frames, `f${i}.npz`, someSpectralFrame(i));
    const first = await board();
    await until('one estimate', () => ground.of('soil').length > 0);
    const status = await first.stop();
    expect(status.store.frames).toBe(0);
    await until('the farewell', () => ground.births.at(-1)?.values.link === 'lost');
    expect(await readStoreStatus(store)).toMatchObject({ boot: 1, running: false, waiting: { frames: 0, bytes: 0 } });
    const second = await board();
    await until('all frames', () => ground.of('soil').length === 20);
    expect(second.status()).toMatchObject({ boot: 2, resetReason: 'clean stop' });
    expect(new Set(ground.of('soil').map(({ values }) => values.source)).size).toBe(20);
    expect(ground.duplicates).toBe(0);
  });

  it('a board with a new store in place of a lost one loses nothing to a ground that knows the old one', async () => {
    const { ground, frames, store, board } = await openScene({ storeMadeMs: Date.now() - 7_200_000 });
    await deliver(frames, 'old.npz', someSpectralFrame(1));
    const first = await board();
    await until('the old estimate', () => ground.of('soil').length === 1);
    await first.stop();
    await rm(store, { recursive: true });
    await deliver(frames, 'new.npz', someSpectralFrame(2));
    const second = await board({ storeMadeMs: Date.now() });
    await until('both again', () => ground.of('soil').length === 3);
    await until('all acknowledged', () => second.status().store.frames === 0);
    expect(ground.of('soil').map(({ values }) => values.source)).toEqual(
      expect.arrayContaining(['old.npz', 'new.npz']),
    );
    expect(second.status().link.refusedCommands).toBe(0);
  });

  it('flies no bundle older than one that has flown, and no broker that is none', async () => {
    const { board } = await openScene({ drainMs: 0 });
    const { bundle, trusted } = await tinyMission(temporaryFolder(), {}, 5);
    await (await board({ bundle, trusted })).stop();
    await expect(board()).rejects.toThrow(/older \(sequence 1\) than what has flown \(5\)/);
    await (await board({ bundle, trusted })).stop();
    await expect(board({ broker: 'nowhere' })).rejects.toMatchObject({ exitCode: 2 });
  });

  it('a stop that cannot close its store says so, and does not hang', async () => {
    const { board } = await openScene();
    const first = await board();
    const second = await board(); // takes the store over
    await expect(first.stop()).rejects.toThrow(/another runtime|opened by another/);
    await expect(first.ended).rejects.toThrow();
    await second.stop();
  });

  it('refuses to fly a bundle of which one byte is changed, or whose models give other answers here', async () => {
    const { dir, mission, board } = await openScene();
    const path = join(mission.bundle, 'soil', 'forest.onnx');
    const original = await readFile(path);
    await writeFile(path, original.with(100, original[100] ^ 1));
    await expect(board()).rejects.toThrow(/forest\.onnx/);
    const wrong = await readFile(join(mission.bundle, 'concepts', 'student.onnx'));
    for (let i = 400; i < 404; i++) wrong[wrong.length - i] ^= 0x40; // one of the weights
    const other = await tinyMission(join(dir, 'other'), { 'concepts/student.onnx': wrong });
    await expect(board({ bundle: other.bundle, trusted: other.trusted })).rejects.toThrow(/known answers/);
  });

  it('takes no frames in safe mode, keeps the mode over a reboot, and comes back on command', async () => {
    const { ground, frames, board } = await openScene();
    const first = await board();
    await until('a beacon', () => first.status().link.heard);
    const counter = ground.send('mode', { mode: 'safe' });
    await until('executed', () => ground.of('ack').length === 2);
    expect(ground.of('ack').map(({ values }) => [values.counter, values.command, values.state])).toEqual([
      [counter, 'mode', 'accepted'],
      [counter, 'mode', 'executed'],
    ]);
    await deliver(frames, 'a.npz', someSpectralFrame(1));
    await first.stop();
    const second = await board();
    await until('a beacon', () => second.status().link.heard);
    expect(second.status()).toMatchObject({ mode: 'safe', store: { totals: { done: 0 } } });
    ground.send('mode', { mode: 'nominal' });
    await until('the estimate', () => ground.of('soil').length === 1);
    expect(second.status().mode).toBe('nominal');
  });

  it('goes safe when its memory nears the limit, and refuses to leave while it does', async () => {
    const { ground, board } = await openScene({ memoryLimitBytes: 10e6, watchMs: 50 });
    const handle = await board();
    await until('safe', () => handle.status().mode === 'safe');
    await until('the event', () => ground.of('event').some(({ values }) => values.code === 'mode-safe'));
    ground.send('mode', { mode: 'nominal' });
    await until('an answer', () => ground.of('ack').length === 2);
    expect(ground.of('ack')[1].values).toMatchObject({ state: 'refused', reason: 'resident memory is still too high' });
  });

  it('ends when another runtime takes its store', async () => {
    const { frames, board } = await openScene();
    const first = await board();
    const ended = expect(first.ended).rejects.toThrow(/another runtime has opened the store/);
    const second = await board();
    await deliver(frames, 'a.npz', someSpectralFrame(1));
    await ended;
    expect(second.status()).toMatchObject({ boot: 2, resetReason: 'unexpected reset' });
  });
});
