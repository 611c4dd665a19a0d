/** A board, its ground and the broker between them, for one test; everything is taken down when the test ends. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { folderSource, type OnboardHandle, type OnboardOptions, startOnboard } from '../../sdk/onboard/index.ts';
import { silentLog } from '../../sdk/onboard/log.ts';
import { ADDRESS, Broker, GroundStation } from './ground-station.ts';
import { tinyMission } from './tiny-mission.ts';

/** A folder of this test alone. */
export function temporaryFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'nadir-onboard-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Everything but the board, which `board` starts as often as a test likes. */
export async function openScene(options: Partial<OnboardOptions> = {}) {
  const dir = temporaryFolder();
  const mission = await tinyMission(dir);
  const broker = await Broker.open();
  onTestFinished(() => broker.close());
  const ground = await GroundStation.listen(broker, mission.commandKey);
  onTestFinished(() => ground.close());
  const frames = join(dir, 'frames');
  const store = join(dir, 'store');
  const board = async (more: Partial<OnboardOptions> = {}): Promise<OnboardHandle> => {
    const handle = await startOnboard({
      bundle: mission.bundle,
      trusted: mission.trusted,
      store,
      frames: folderSource(frames),
      broker: broker.url,
      ...ADDRESS,
      healthMs: 60_000,
      storeMadeMs: 0,
      log: silentLog,
      ...options,
      ...more,
    });
    onTestFinished(async () => {
      await handle.stop().catch(() => {}); // a test may have let it fall
    });
    return handle;
  };
  return { dir, mission, broker, ground, frames, store, board };
}
