/**
 * Names for latents: the word of a vocabulary that lies nearest to a latent, valid where chance would hardly come as near and, with scenes at hand,
 * where the images agree. Vocabularies are words with vectors, the classes of an encoder, or the user's own labels. `step.ts` names a
 * model folder; `name-by-scenes.ts` says why a name holds; `hierarchy.ts` orders concepts from coarse to fine.
 */
export { classVocabulary, placesOf, readLabels, splitScenes } from './classes.ts';
export { nameLatents } from './name.ts';
export { agreementOn, type NamingVocabulary, nameByScenes } from './name-by-scenes.ts';
export { outlineOf } from './outline.ts';
export { CLASSES, type NameStep, nameConcepts } from './step.ts';
export { readVocabulary, type Vocabulary } from './vocabulary.ts';
