/** One training for the resume test, in a process of its own that may be killed: `training-worker.ts KIND CHECKPOINT_FOLDER OUT`. */
import { writeFile } from 'node:fs/promises';
import { trainSae } from '../../sdk/sae/index.ts';
import { resumeCase } from './resume-case.ts';

const [kind, folder, out] = process.argv.slice(2);
const { data, d, options } = resumeCase(kind);
const { weights, epochs } = await trainSae(data, d, { ...options, checkpoint: { folder, everySeconds: 0 } });
const arrays = [weights.wEnc, weights.wDec, weights.bLat, weights.bPre, weights.threshold ?? new Float32Array()];
const bytes = Buffer.concat(arrays.map((array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength)));
await writeFile(out, `${bytes.toString('hex')} ${JSON.stringify(epochs)}`);
