/** `nadir concepts`: embed, train, evaluate, name, search, distill; a file a command. */
import type { Command } from 'commander';
import { addDistill } from './concepts-distill.ts';
import { addEmbed } from './concepts-embed.ts';
import { addEvaluate } from './concepts-evaluate.ts';
import { addName } from './concepts-name.ts';
import { addSearch } from './concepts-search.ts';
import { addTrain } from './concepts-train.ts';

/** Adds `nadir concepts …`. */
export function addConceptsCommands(program: Command): void {
  const concepts = program.command('concepts').description('image concepts: from scenes to named, compact codes');
  addEmbed(concepts);
  addTrain(concepts);
  addEvaluate(concepts);
  addName(concepts);
  addSearch(concepts);
  addDistill(concepts);
}
