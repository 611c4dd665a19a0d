import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { profileNames, RUNNABLE_ENGINES, readProfile } from '../../sdk/compact/profile.ts';
import { scratch } from '../bundle/sample.ts';

const folder = scratch();
const BOARDS = ['coral-dev-board', 'generic-x64', 'jetson-nano', 'jetson-orin-nano', 'leopard-dpu', 'qemu-virt-arm64'];

test('the boards that ship', async () => {
  expect(await profileNames()).toEqual(BOARDS);
});

test.each(BOARDS)(
  '%s is valid, has an engine that runs here, and leaves memory to the rest of the board',
  async (name) => {
    const profile = await readProfile(name);
    expect(profile.name).toBe(name);
    expect(profile.engines.some((engine) => RUNNABLE_ENGINES.includes(engine.name))).toBe(true);
    expect(profile.memoryLimitBytes.value).toBeLessThanOrEqual(profile.memoryBytes.value / 2);
    for (const accelerator of profile.accelerators)
      if (accelerator.engine !== null)
        expect(profile.engines.map((engine) => engine.name)).toContain(accelerator.engine);
  },
);

test('an unknown board is refused in one line that lists the known ones', async () => {
  await expect(readProfile('jetson-nanoo')).rejects.toThrow(
    /^no such device profile: "jetson-nanoo"\. Choose coral-dev-board, [^\n]*$/,
  );
});

test('a profile of your own is read by its path, and its faults are named', async () => {
  const path = join(await folder(), 'mine.json');
  const profile = { ...(await readProfile('jetson-nano')), name: 'mine' };
  await writeFile(path, JSON.stringify(profile));
  expect((await readProfile(path)).name).toBe('mine');
  await writeFile(path, JSON.stringify({ ...profile, memoryLimitBytes: { value: 512 } }));
  await expect(readProfile(path)).rejects.toThrow(/memoryLimitBytes\.source.*mine\.json/);
  await writeFile(path, '{');
  await expect(readProfile(path)).rejects.toThrow('device profile is not JSON');
  await expect(readProfile('/nowhere/board.json')).rejects.toThrow('cannot read file');
});
