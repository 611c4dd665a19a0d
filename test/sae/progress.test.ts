import { expect, test } from 'vitest';
import { stepLine } from '../../sdk/sae/progress.ts';

test('a line within an epoch says step, loss by level, dead latents, speed and time left', () => {
  const standing = {
    ...{ epoch: 1, epochs: 8, step: 340, steps: 1200, dead: 3, latents: 1024, samplesPerSecond: 5000.4 },
    report: { loss: 0.25, byLevel: [0.4, 0.1], dead: 0 },
  };
  const said = 'epoch 2/8, step 340/1200: loss 0.2500 (0.400 0.100), 3 of 1024 latents dead, 5000 samples/s, ';
  expect(stepLine({ ...standing, rowsLeft: 250_000 })).toBe(`${said}50 s left`);
  expect(stepLine({ ...standing, rowsLeft: 3_500_000 })).toBe(`${said}12 min left`);
  expect(stepLine({ ...standing, rowsLeft: 63_000_000 })).toBe(`${said}3.5 h left`);
});
