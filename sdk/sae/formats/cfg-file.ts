/** `cfg.json` of a model folder: read within bounds and checked against a schema, one line of error where it does not fit. */
import { z } from 'zod';
import { NadirError, readBounded } from '../../base/index.ts';

const MAX_CFG_BYTES = 16 * 2 ** 20;

/** Longest embedding and widest dictionary that a configuration may ask for. */
export const embeddingLength = z.int().min(1).max(65536);
export const dictionarySize = z
  .int()
  .min(1)
  .max(2 ** 22);

/** Reads a JSON object; `remedy` says how such a file is written right. */
export async function readCfg<T>(path: string, schema: z.ZodType<T>, remedy: string): Promise<T> {
  const bytes = await readBounded(path, MAX_CFG_BYTES);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new NadirError({ what: 'not JSON', where: path, remedy, cause });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue.path.length === 0 ? 'the whole' : issue.path.join('.');
  throw new NadirError({ what: `${place} is not understood (${issue.message})`, where: path, remedy });
}
