/**
 * One training for the resume test, in a process of its own that may be killed: `training-worker.ts KIND CHECKPOINT_FOLDER OUT [SHARDS]`. With a
 * folder of shards their rows are streamed through a buffer of a third of them.
 */
import { writeFile } from 'node:fs/promises';
import { heldOutRows, openShards, StreamedRows, surveyShards } from '../../sdk/concepts/shards/index.ts';
import { trainSae } from '../../sdk/sae/index.ts';
import { resumeCase } from './resume-case.ts';

const [kind, folder, out, shardFolder] = process.argv.slice(2);
const { data, d, options } = resumeCase(kind);
const shards = shardFolder === undefined ? undefined : await openShards(shardFolder, { d });
const source = shards ? await streamed(shards) : data;
const { weights, epochs } = await trainSae(source, d, { ...options, checkpoint: { folder, everySeconds: 0 } });
const arrays = [weights.wEnc, weights.wDec, weights.bLat, weights.bPre, weights.threshold ?? new Float32Array()];
const bytes = Buffer.concat(arrays.map((array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength)));
await writeFile(out, `${bytes.toString('hex')} ${JSON.stringify(epochs)}`);
await shards?.close();

async function streamed(table: Awaited<ReturnType<typeof openShards>>): Promise<StreamedRows> {
  const { seed } = options;
  const isHeldOut = heldOutRows(0.1, seed);
  const survey = await surveyShards(table, { isHeldOut, seed, sampleRows: 120, heldOutRows: 10 });
  return new StreamedRows(table, survey, { seed, isHeldOut, bufferRows: 90 });
}
