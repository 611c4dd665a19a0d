import { expect, test } from 'vitest';
import { NadirError } from '../../sdk/base/index.ts';
import { requireWhole } from '../../sim/require-whole.ts';

const audit = { produced: 9, archived: 9, duplicatesArchived: 0, gaps: 0, strangers: 0, perStream: {} };
const whole = { audit, failedScenes: 0, quarantined: 0 };

test('a flight that lost nothing passes', () => {
  expect(() => requireWhole(whole, 'report.html')).not.toThrow();
});

test.each([
  ['a missing frame', { ...whole, audit: { ...audit, archived: 8, gaps: 1 } }, /8 archived, 1 missing/],
  ['a frame archived twice', { ...whole, audit: { ...audit, duplicatesArchived: 1 } }, /1 archived twice/],
  ['a frame nobody made', { ...whole, audit: { ...audit, strangers: 1 } }, /1 unknown/],
  ['nothing made', { ...whole, audit: { ...audit, produced: 0, archived: 0 } }, /0 frames made/],
  ['a camera frame that failed', { ...whole, failedScenes: 2 }, /2 camera frames failed/],
  ['a refused payload', { ...whole, quarantined: 3 }, /3 payloads refused/],
])('%s fails the mission with one line and exit code 1', (_, flight, words) => {
  try {
    requireWhole(flight, 'report.html');
    expect.unreachable();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(NadirError);
    if (!(thrown instanceof NadirError)) return;
    expect(thrown.exitCode).toBe(1);
    expect(thrown.message).toMatch(words);
    expect(thrown.message).toMatch(/report\.html/);
    expect(thrown.message).not.toContain('\n');
  }
});
