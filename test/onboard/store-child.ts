/**
 * A process that works a store as hard as it can until it is killed: store-child.ts DIR. It plays camera, runtime and ground in one:
 * camera frames `camera 1`, `camera 2` … become frames; `committed.log` gets a line after each commit; now and then the oldest frames
 * are written to `archive.log`, and only then deleted from the store.
 */
import { appendFileSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../sdk/base/index.ts';
import { DICTIONARY, decodeFrame } from '../../sdk/link/index.ts';
import { FrameStore } from '../../sdk/onboard/store.ts';

const [dir] = process.argv.slice(2);
const store = new FrameStore(join(dir, 'store'));
const random = Random.of(store.boot, 'store child');
const committed = openSync(join(dir, 'committed.log'), 'a');
const draft = { timeMs: Date.now(), uncertaintyMs: 1, stored: true };
writeSync(committed, `counter ${store.commandCounter}\n`);
process.send?.('ready');

let camera = store.totals.done + 1;
for (;;) {
  const source = `camera ${camera}`;
  if (store.isFinished(source)) throw new Error(`${source} is finished before its turn`);
  const soil = { stream: 'soil', ...draft, values: { source, estimate: [camera], latency: 0 } };
  const layers = [0, 1].map((layer) => ({
    stream: 'concepts',
    ...draft,
    values: { source, layer, layers: 2, code: new Uint8Array(random.below(300)), latency: 0 },
  }));
  const { stored } = store.commit({ frames: [soil, ...layers], camera: { name: source, outcome: 'done' } });
  for (const { boot, stream, sequence } of stored) writeSync(committed, `frame ${stream}/${boot}/${sequence}\n`);
  camera++;
  if (random.below(4) === 0) archiveSome();
}

function archiveSome(): void {
  const lane = store.lanes()[random.below(store.lanes().length)];
  const keys = store.keysAfter(lane, undefined, 1 + random.below(12));
  const lines = keys.map((key) => {
    const bytes = store.read(key);
    if (typeof bytes === 'string') throw new Error(`frame ${bytes}`);
    const { values } = decodeFrame(DICTIONARY, bytes);
    return `${key.stream}/${key.boot}/${key.sequence} ${values.layer ?? 0} ${values.source}\n`;
  });
  appendFileSync(join(dir, 'archive.log'), lines.join(''));
  const archived = keys.map((key) => ({ ...key, first: key.sequence, last: key.sequence }));
  const commandCounter = store.commandCounter + 1;
  store.commit({ archived, commandCounter });
  writeSync(committed, `counter ${commandCounter}\n`);
}
