import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { UplinkCounter } from '../../sdk/ground/counter.ts';
import { temporaryFolder } from './board.ts';

test('numbers only grow, over restarts without a goodbye and over the end of a block', async () => {
  const path = join(await temporaryFolder(), 'uplink-counter');
  let last = 0;
  for (const take of [1, 3, 1500, 1]) {
    const counter = await UplinkCounter.open(path);
    for (let i = 0; i < take; i++) {
      const next = await counter.next();
      expect(next).toBeGreaterThan(last);
      expect(Number(await readFile(path, 'utf8'))).toBeGreaterThanOrEqual(next);
      last = next;
    }
  }
});

test('a lost file is made good by what the craft says it has accepted, and a wild claim is not believed', async () => {
  const path = join(await temporaryFolder(), 'uplink-counter');
  const counter = await UplinkCounter.open(path);
  await counter.raise(41_000);
  expect(await counter.next()).toBe(41_001);
  await counter.raise(7);
  await counter.raise(2 ** 52);
  expect(await counter.next()).toBe(41_002);
  expect(await (await UplinkCounter.open(path)).next()).toBeGreaterThan(41_002);
});

test('a file that is no counter is refused with its name and what to do', async () => {
  const path = join(await temporaryFolder(), 'uplink-counter');
  await writeFile(path, '12x');
  await expect(UplinkCounter.open(path)).rejects.toThrow(
    /not an uplink counter: .*uplink-counter\. Write one whole number/,
  );
});
