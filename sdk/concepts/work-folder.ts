/** The folder that a step over a model works in. */
import { cp } from 'node:fs/promises';
import { resolve } from 'node:path';
import { readConcepts } from './reader.ts';

/** The model's own folder, or a copy of the model where another one is asked for. */
export async function workFolder(model: string, out: string | undefined): Promise<string> {
  if (out === undefined || resolve(out) === resolve(model)) return model;
  await readConcepts(model);
  await cp(model, out, { recursive: true });
  return out;
}
