import { expect, test } from 'vitest';
import { drawTimeline, type TimelinePass } from '../../sim/timeline.ts';

const AOS = Date.UTC(2026, 2, 20, 11, 28);
const pass = (number: number, events: TimelinePass['events']): TimelinePass => ({
  number,
  aosMs: AOS + number * 5_700_000,
  losMs: AOS + number * 5_700_000 + 500_000,
  elevationDeg: [5, 40, 65, 40, 5],
  archived: [
    { timeMs: AOS + number * 5_700_000 + 10_000, frames: 100 * number },
    { timeMs: AOS + number * 5_700_000 + 400_000, frames: 100 * number + 80 },
  ],
  events,
});

test('shows each pass with its time and height, each outage and power cut with how long it took, and what was made', () => {
  const from = AOS + 5_700_000 + 100_000;
  const svg = drawTimeline(
    [
      pass(1, [
        { kind: 'outage', fromMs: from, untilMs: from + 45_000 },
        { kind: 'powerCut', fromMs: from + 90_000, untilMs: from + 130_000 },
      ]),
      pass(2, []),
    ],
    280,
  );
  for (const text of ['Pass 1', 'Pass 2', '13:03', 'up to 65°', 'outage 45 s', 'back after 40 s', '280 frames made']) {
    expect(svg).toContain(text);
  }
  expect(svg.match(/<polyline/g)?.length).toBe(2);
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
});

test('draws passes in which nothing came through', () => {
  const svg = drawTimeline([{ ...pass(1, []), archived: [] }], 0);
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
});
