/**
 * The slow version of the kill tests: node tools/pinned.mjs test/campaigns/kills.ts [STORE_KILLS] [RUNTIME_KILLS] [SEED]. Prints one
 * JSON document; exit code 1 when anything was lost, repeated or left open.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killRuntime } from '../onboard/runtime-kills.ts';
import { killStore } from '../onboard/store-kills.ts';

const [storeKills = 200, runtimeKills = 20, seed = 0] = process.argv.slice(2).map(Number);
const dir = mkdtempSync(join(tmpdir(), 'nadir-kills-'));
try {
  const store = await killStore(mkdtempSync(join(dir, 'store-')), storeKills, seed);
  const runtime = await killRuntime(mkdtempSync(join(dir, 'runtime-')), runtimeKills, seed);
  console.log(JSON.stringify({ seed, store, runtime }));
  const { lost, notOnce, holes, countersBack } = store;
  const faults = lost + notOnce + holes + countersBack + runtime.gaps + runtime.notOnce + runtime.waiting;
  process.exitCode = faults === 0 && runtime.archived === runtime.produced ? 0 : 1;
} finally {
  rmSync(dir, { recursive: true, force: true });
}
