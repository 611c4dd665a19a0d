import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DICTIONARY, streamIndex } from '../../sdk/link/index.ts';
import { Outbox } from '../../sdk/onboard/outbox.ts';
import { type FrameDraft, FrameStore } from '../../sdk/onboard/store.ts';
import type { FrameKey } from '../../sdk/onboard/store-layout.ts';
import { temporaryFolder } from './scene.ts';

const EVENT = streamIndex(DICTIONARY, 'event');
const SOIL = streamIndex(DICTIONARY, 'soil');
const base = { timeMs: 0, uncertaintyMs: 1, stored: true };
const drafts: Record<string, FrameDraft> = {
  event: { stream: 'event', ...base, values: { severity: 'info', code: 'x', detail: '' } },
  ack: { stream: 'ack', ...base, values: { counter: 1, command: 'mode', state: 'accepted', reason: '' } },
  soil: { stream: 'soil', ...base, values: { source: 's', estimate: [], latency: 0 } },
  first: {
    stream: 'concepts',
    ...base,
    values: { source: 's', layer: 0, layers: 2, code: Buffer.alloc(2), latency: 0 },
  },
  second: {
    stream: 'concepts',
    ...base,
    values: { source: 's', layer: 1, layers: 2, code: Buffer.alloc(2), latency: 0 },
  },
};

function setUp() {
  const store = new FrameStore(temporaryFolder());
  onTestFinished(() => store.close(false));
  const outbox = new Outbox(store, (key) => store.commit({ damaged: key }));
  const put = (...kinds: string[]) => store.commit({ frames: kinds.map((kind) => drafts[kind]) });
  return { store, outbox, put };
}

const nameOf = ({ stream, sequence }: FrameKey) => `${DICTIONARY.streams[stream].name} ${sequence}`;

/** Sends and settles everything that wants to go. */
function sendAll(outbox: Outbox): string[] {
  const sent: string[] = [];
  for (let out = outbox.next(); out; out = outbox.next()) {
    sent.push(nameOf(out.key));
    outbox.taken(out.key);
  }
  return sent;
}

describe('the outbox', () => {
  it('hands out each frame once, whatever comes between: a later event goes before an earlier concept', () => {
    const { outbox, put } = setUp();
    put('second', 'first', 'soil', 'ack');
    expect(outbox.next()?.key).toMatchObject({ stream: streamIndex(DICTIONARY, 'ack') });
    expect(outbox.next()?.key).toMatchObject({ stream: SOIL });
    put('event', 'soil', 'ack');
    expect(sendAll(outbox)).toEqual(['event 1', 'ack 2', 'soil 2', 'concepts 2', 'concepts 1']);
    expect(sendAll(outbox)).toEqual([]);
  });

  it('sends what was in flight at the end of a connection again, and nothing else', () => {
    const { outbox, put } = setUp();
    put('soil', 'soil', 'soil', 'soil');
    const [one, two, three] = [outbox.next(), outbox.next(), outbox.next()];
    if (!one || !two || !three) throw new Error('three frames were stored');
    outbox.taken(two.key);
    outbox.closed();
    expect(outbox.inFlight).toBe(0);
    expect(sendAll(outbox).sort()).toEqual(['soil 1', 'soil 3', 'soil 4']);
  });

  it('sends again what is asked for and has had its turn; the rest keeps its place', () => {
    const { store, outbox, put } = setUp();
    put('soil', 'soil', 'soil', 'soil', 'soil', 'soil');
    for (let i = 0; i < 4; i++) outbox.taken(outbox.next()!.key);
    store.commit({ archived: [{ boot: 1, stream: SOIL, first: 3, last: 3 }] });
    outbox.resend([
      { boot: 1, stream: SOIL, first: 2, last: 900 },
      { boot: 9, stream: SOIL, first: 1, last: 2 },
      { boot: 1, stream: EVENT, first: 1, last: 2 },
    ]);
    expect(sendAll(outbox)).toEqual(['soil 2', 'soil 4', 'soil 5', 'soil 6']);
  });

  it('blames the oldest in flight when connections end, leaves it out the third time, and pardons it when asked', () => {
    const { outbox, put } = setUp();
    put('event', 'soil');
    for (let end = 1; end <= 3; end++) {
      expect(outbox.next()?.key).toMatchObject({ stream: EVENT });
      const soil = outbox.next()?.key;
      if (end === 1 && soil) expect(nameOf(soil)).toBe('soil 1');
      const leftOut = outbox.closed();
      expect(leftOut === undefined ? undefined : nameOf(leftOut)).toBe(end === 3 ? 'event 1' : undefined);
    }
    expect(sendAll(outbox)).toEqual(['soil 1']);
    expect(outbox.quarantined.map(nameOf)).toEqual(['event 1']);
    outbox.resend([{ boot: 1, stream: EVENT, first: 1, last: 1 }]);
    expect(outbox.next()?.key).toMatchObject({ stream: EVENT });
    expect(outbox.closed()).toMatchObject({ stream: EVENT }); // one more try, not three
    outbox.forgetSent();
    expect(sendAll(outbox)).toEqual(['event 1', 'soil 1']);
  });

  it('never has a frame in flight twice, and after any history another ground gets every frame that is stored', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('put'), kind: fc.constantFrom(...Object.keys(drafts)) }),
      fc.record({ do: fc.constantFrom('next', 'take', 'refuse', 'close', 'forget') }),
      fc.record({ do: fc.constantFrom('resend', 'archive'), first: fc.integer({ min: 1, max: 8 }), length: fc.nat(5) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { store, outbox, put } = setUp();
        const flying: FrameKey[] = [];
        for (const now of steps) {
          if ('kind' in now) put(now.kind);
          else if ('first' in now) {
            const ranges = [SOIL, EVENT].map((stream) => ({
              boot: 1,
              stream,
              first: now.first,
              last: now.first + now.length,
            }));
            if (now.do === 'resend') outbox.resend(ranges);
            else store.commit({ archived: ranges });
          } else if (now.do === 'next') {
            const out = outbox.next();
            if (out) {
              expect(flying.map(nameOf)).not.toContain(nameOf(out.key));
              flying.push(out.key);
            }
          } else if (now.do === 'take' || now.do === 'refuse') {
            const key = flying.shift();
            if (key && now.do === 'take') outbox.taken(key);
            else if (key) outbox.refused(key);
          } else if (now.do === 'close') {
            outbox.closed();
            flying.length = 0;
          } else outbox.forgetSent();
          expect(outbox.inFlight).toBe(flying.length);
        }
        outbox.closed();
        outbox.forgetSent();
        const stored = store.lanes().flatMap((lane) => store.keysAfter(lane, undefined, 1e6).map(nameOf));
        expect(sendAll(outbox).sort()).toEqual(stored.sort());
      }),
      { numRuns: 15 },
    );
  });
});
