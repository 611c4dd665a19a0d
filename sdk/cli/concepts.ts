/** `nadir concepts`: embed, train, evaluate, name, search, audit, distill; a file a command. */
import type { Command } from 'commander';
import { addAudit } from './concepts-audit.ts';
import { addDashboard } from './concepts-dashboard.ts';
import { addDistill } from './concepts-distill.ts';
import { addEmbed } from './concepts-embed.ts';
import { addEvaluate } from './concepts-evaluate.ts';
import { addIndex } from './concepts-index.ts';
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
  addIndex(concepts);
  addSearch(concepts);
  addDashboard(concepts);
  addAudit(concepts);
  addDistill(concepts);
}
