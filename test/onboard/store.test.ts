import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DICTIONARY, decodeFrame, LinkError, RangeSet, streamIndex } from '../../sdk/link/index.ts';
import { readStoreStatus, type StoreLimits } from '../../sdk/onboard/index.ts';
import { type FrameDraft, FrameStore } from '../../sdk/onboard/store.ts';
import { openTables, type StoreState } from '../../sdk/onboard/store-layout.ts';
import { temporaryFolder } from './scene.ts';

const SOIL = streamIndex(DICTIONARY, 'soil');
const EVENT = streamIndex(DICTIONARY, 'event');
const CONCEPTS = streamIndex(DICTIONARY, 'concepts');

function open(dir: string, limits?: StoreLimits): FrameStore {
  const store = new FrameStore(dir, limits);
  onTestFinished(() => store.close(false).catch(() => {}));
  return store;
}

function frame(stream: string, values: FrameDraft['values']): FrameDraft {
  return { stream, values, timeMs: 1000, uncertaintyMs: 1, stored: true };
}
const event = (detail: string) => frame('event', { severity: 'info', code: 'test', detail });
const soil = (source: string) => frame('soil', { source, estimate: [1, 2], latency: 3 });
const concepts = (source: string, layer: number) =>
  frame('concepts', { source, layer, layers: 2, code: new Uint8Array(9), latency: 3 });

/** Every frame in send order, decoded. */
function contents(store: FrameStore) {
  return store.lanes().flatMap((lane) =>
    store.keysAfter(lane, undefined, 1e6).map((key) => {
      const bytes = store.read(key);
      if (typeof bytes === 'string') throw new Error(bytes);
      return decodeFrame(DICTIONARY, bytes);
    }),
  );
}

describe('the store', () => {
  it('numbers the frames of each stream from 1 and hands them out in send order', () => {
    const store = open(temporaryFolder());
    store.commit({ frames: [concepts('a', 0), concepts('a', 1), soil('b'), event('x')] });
    store.commit({ frames: [concepts('c', 0), concepts('c', 1), event('y')] });
    expect(contents(store).map(({ stream, boot, sequence }) => `${stream} ${boot} ${sequence}`)).toEqual([
      'event 1 1',
      'event 1 2',
      'soil 1 1',
      'concepts 1 1',
      'concepts 1 3',
      'concepts 1 2',
      'concepts 1 4',
    ]);
  });

  it('does all of a change or nothing of it', () => {
    const store = open(temporaryFolder());
    store.commit({ frames: [soil('a')], commandCounter: 5 });
    const bad = frame('soil', { source: 'x', estimate: [Number.NaN], latency: 1 });
    expect(() =>
      store.commit({
        frames: [soil('b'), bad],
        archived: [{ boot: 1, stream: SOIL, first: 1, last: 1 }],
        camera: { name: 'b.npz', outcome: 'done' },
        commandCounter: 6,
      }),
    ).toThrow(LinkError);
    expect(contents(store).map(({ values }) => values.source)).toEqual(['a']);
    expect(store.extents()).toEqual([{ boot: 1, stream: SOIL, last: 1 }]);
    expect(store.isFinished('b.npz')).toBe(false);
    expect(store.commandCounter).toBe(5);
    store.commit({ frames: [soil('c')] });
    expect(contents(store).map(({ sequence }) => sequence)).toEqual([1, 2]);
  });

  it('keeps frames, numbers, marks, counter and commanded mode over boots, and says how the last one ended', async () => {
    const dir = temporaryFolder();
    const first = open(dir);
    first.commit({
      frames: [soil('a')],
      camera: { name: 'a.npz', outcome: 'done' },
      commandCounter: 9,
      commandedMode: 'safe',
    });
    await first.close(true);
    const second = open(dir);
    expect([first.resetReason, second.resetReason, second.boot]).toEqual(['first boot', 'clean stop', 2]);
    expect(second.isFinished('a.npz')).toBe(true);
    expect([second.commandCounter, second.commandedMode]).toEqual([9, 'safe']);
    second.commit({ frames: [soil('b')] });
    await second.close(false);
    const third = open(dir);
    expect([third.resetReason, third.boot]).toEqual(['unexpected reset', 3]);
    expect(contents(third).map(({ boot, sequence }) => [boot, sequence])).toEqual([
      [1, 1],
      [2, 1],
    ]);
    await third.close(true);
    expect(await readStoreStatus(dir)).toMatchObject({
      boot: 3,
      running: false,
      commandCounter: 9,
      waiting: { frames: 2 },
      pending: { soil: { frames: 2 } },
      totals: { stored: 2, done: 1 },
    });
  });

  it('names no frame again, nor takes an old command, when a lost store is replaced by a new one', async () => {
    const names = async (madeMs: number) => {
      const store = new FrameStore(temporaryFolder(), undefined, madeMs);
      store.commit({ frames: [soil('a')] });
      const [frame] = contents(store);
      const { commandCounter, resetReason } = store;
      await store.close(true);
      return { boot: frame.boot, commandCounter, resetReason };
    };
    const launch = Date.parse('2026-11-24T12:00:00Z');
    const first = await names(launch);
    const second = await names(launch + 3_600_000);
    expect([first.resetReason, second.resetReason]).toEqual(['first boot', 'first boot']);
    expect(second.boot).toBeGreaterThan(first.boot + 1000);
    expect(second.commandCounter).toBe(first.commandCounter + 3_600_000);
  });

  it('deletes exactly what the ground has, of whatever layer', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 24 }), fc.nat(6)), { maxLength: 5 }), (asked) => {
        const store = open(temporaryFolder());
        const scenes = Array.from({ length: 10 }, (_, i) => `s${i}`);
        store.commit({ frames: scenes.flatMap((name) => [concepts(name, 0), concepts(name, 1), soil(name)]) });
        const gone = new RangeSet();
        for (const [first, length] of asked) gone.add(first, first + length);
        const archived = gone.ranges.map((range) => ({ boot: 1, stream: CONCEPTS, ...range }));
        store.commit({ archived: [...archived, { boot: 7, stream: CONCEPTS, first: 1, last: 99 }] });
        const left = contents(store).filter(({ stream }) => stream === 'concepts');
        expect(left.map(({ sequence }) => sequence).sort((a, b) => a - b)).toEqual(
          Array.from({ length: 20 }, (_, i) => i + 1).filter((sequence) => !gone.has(sequence)),
        );
        expect(store.waiting.frames).toBe(left.length + 10);
        expect(store.totals.acknowledged).toBe(20 - left.length);
        expect(store.extents()).toContainEqual({ boot: 1, stream: CONCEPTS, last: 20 });
      }),
      { numRuns: 12 },
    );
  });

  it('keeps within its limits, last layers of the oldest scenes going first, and remembers every drop', async () => {
    const dir = temporaryFolder();
    const limits = { frames: 12, bytes: 1e6 };
    const first = open(dir, limits);
    for (let i = 0; i < 8; i++) first.commit({ frames: [concepts(`s${i}`, 0), concepts(`s${i}`, 1)] });
    expect(first.dropped()).toEqual([2, 4, 6, 8].map((at) => ({ boot: 1, stream: CONCEPTS, first: at, last: at })));
    for (let i = 0; i < 8; i++) first.commit({ frames: [soil(`t${i}`)] });
    await first.close(false);
    const second = open(dir, limits);
    expect(contents(second).map(({ stream, values }) => `${stream} ${values.source}`)).toEqual([
      ...Array.from({ length: 8 }, (_, i) => `soil t${i}`),
      ...[4, 5, 6, 7].map((i) => `concepts s${i}`),
    ]);
    expect(second.dropped()).toEqual([
      { boot: 1, stream: CONCEPTS, first: 1, last: 8 },
      ...[10, 12, 14, 16].map((at) => ({ boot: 1, stream: CONCEPTS, first: at, last: at })),
    ]);
    expect(second.totals.dropped).toBe(12);
    expect(second.hasDropped({ boot: 1, stream: CONCEPTS, first: 9, last: 10 })).toBe(true);
    expect(second.hasDropped({ boot: 1, stream: CONCEPTS, first: 9, last: 9 })).toBe(false);
    expect(second.dropped(1, [{ boot: 1, stream: CONCEPTS, first: 13, last: 14 }])).toEqual([
      { boot: 1, stream: CONCEPTS, first: 14, last: 14 },
    ]);
  });

  it('keeps within its bytes', () => {
    const store = open(temporaryFolder(), { frames: 1e6, bytes: 2000 });
    for (let i = 0; i < 100; i += 10)
      store.commit({ frames: Array.from({ length: 10 }, (_, j) => event('x'.repeat(i + j))) });
    expect(store.waiting.bytes).toBeLessThanOrEqual(2000);
    expect(store.waiting.bytes).toBeGreaterThan(1500);
    expect(contents(store).at(-1)?.sequence).toBe(100);
    expect(store.waiting.frames + store.totals.dropped).toBe(100);
  });

  it('finds a frame damaged on its medium, and gives it up as dropped', async () => {
    const dir = temporaryFolder();
    const first = open(dir);
    first.commit({ frames: [event('a'.repeat(40)), event('b'.repeat(40))] });
    await first.close(true);
    const path = join(dir, 'data.mdb');
    const medium = readFileSync(path);
    // every copy on free pages too
    for (let at = medium.indexOf('a'.repeat(40)); at >= 0; at = medium.indexOf('a'.repeat(40))) medium[at + 7] ^= 4;
    writeFileSync(path, medium);
    const second = open(dir);
    const [one, two] = second.keysAfter(second.lanes()[0], undefined, 9);
    expect(second.read(one)).toBe('damaged');
    second.commit({ damaged: one });
    expect(second.read(one)).toBe('gone');
    expect(second.read(two)).toBeInstanceOf(Buffer);
    expect(second.totals).toMatchObject({ damaged: 1, dropped: 1 });
    expect(second.dropped()).toEqual([{ boot: 1, stream: EVENT, first: 1, last: 1 }]);
  });

  it('lets a later opening fence off an earlier one', () => {
    const dir = temporaryFolder();
    const first = open(dir);
    const second = open(dir);
    expect(() => first.commit({ frames: [event('late')] })).toThrow(/another runtime has opened the store/);
    second.commit({ frames: [event('mine')] });
    expect(contents(second).map(({ boot, sequence }) => [boot, sequence])).toEqual([[2, 1]]);
  });

  it('forgets boots of long ago of which nothing waits, and no other', async () => {
    const dir = temporaryFolder();
    for (let boot = 1; boot <= 3; boot++) {
      const store = open(dir);
      store.commit({ frames: [event(`${boot}`)] });
      if (boot === 2) store.commit({ archived: [{ boot: 2, stream: EVENT, first: 1, last: 1 }] });
      await store.close(true);
    }
    const tables = openTables(dir, false);
    const state = tables.meta.get('state') as StoreState;
    tables.meta.putSync('state', { ...state, boot: 201 });
    await tables.root.close();
    const last = open(dir);
    expect(last.boot).toBe(202);
    expect(last.extents().map(({ boot }) => boot)).toEqual([3, 1]);
  });

  it('says where the disk is at fault', () => {
    const dir = join(temporaryFolder(), 'store');
    mkdirSync(dir);
    writeFileSync(join(dir, 'data.mdb'), createHash('sha512').update('junk').digest().toString('hex').repeat(200));
    expect(() => new FrameStore(dir)).toThrow(/the store cannot be read or written .*store\. Free space/);
    return expect(readStoreStatus(temporaryFolder())).rejects.toThrow(/no store here/);
  });
});
