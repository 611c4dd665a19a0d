/**
 * Other programs' sparse autoencoders, in and out. `readAnySae` recognises ours and those of sae-lens, sparsify, latentsae, Gemma Scope and the MSAE
 * authors; `writeSaeLens` and `writeParamsNpz` hand ours on. Codes keep the units of the file that they come from.
 */
export type { ForeignSae, SaeFormat } from './foreign.ts';
export { encodeRows, withUnitAtoms } from './latents.ts';
export { MSAE_TO_NPZ } from './msae-checkpoint.ts';
export { writeParamsNpz } from './params-npz.ts';
export { readAnySae } from './read-any.ts';
export { type SaeLensOptions, writeSaeLens } from './sae-lens-write.ts';
