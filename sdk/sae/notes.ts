/** What a safetensors file of ours says of an autoencoder beside its tensors: the text of its metadata. */
import { z } from 'zod';
import { ACTIVATIONS, type SaeWeights } from './weights.ts';

const numbers = (text: string): number[] => (text === '' ? [] : text.split(',').map(Number));

/** Of metadata, what `notesOf` wrote. */
export const notesSchema = z.object({
  activation: z.enum(ACTIVATIONS),
  levels: z
    .string()
    .regex(/^(\d+(,\d+)*)?$/)
    .transform(numbers),
  prefixes: z
    .string()
    .regex(/^\d+(,\d+)*$/)
    .transform(numbers)
    .optional(),
  s: z.coerce.number().positive(),
  nonNegative: z.enum(['true', 'false']).transform((text) => text === 'true'),
});

export function notesOf({ activation, levels, prefixes, scale, nonNegative }: SaeWeights): Record<string, string> {
  return {
    activation,
    levels: levels.join(','),
    ...(prefixes && { prefixes: prefixes.join(',') }),
    s: String(scale),
    nonNegative: String(nonNegative),
  };
}
