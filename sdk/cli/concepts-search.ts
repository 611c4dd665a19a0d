/** `nadir concepts search`. */
import { type Command, Option } from 'commander';
import { NadirError } from '../base/index.ts';
import { readConcepts, readEmbeddings, searchScenes } from '../concepts/index.ts';
import type { ModelOptions } from './concepts-lines.ts';
import { count, list, run, shared, wholeNumber } from './run.ts';

interface SearchCommand extends ModelOptions {
  readonly concept?: string[];
  readonly like?: number;
  readonly limit: number;
}

export function addSearch(concepts: Command): void {
  const command = concepts
    .command('search')
    .description('find scenes by concept, or like one of them')
    .requiredOption('--model <dir>', 'concept model folder')
    .requiredOption('--data <npy>', 'embeddings [n, d] to search')
    .addOption(new Option('--concept <name,…>', 'scenes that show all of these').argParser(list).conflicts('like'))
    .option('--like <row>', 'scenes like this row', wholeNumber)
    .option('--limit <n>', 'hits at most', count, 20);
  shared(command, { threads: true }).action((options: SearchCommand) =>
    run(
      options,
      async () => {
        const { concept, like, limit, threads } = options;
        const query = concept !== undefined ? { concepts: concept } : like !== undefined ? { like } : undefined;
        if (!query) {
          const remedy = 'Give --concept NAME or --like ROW';
          throw new NadirError({ what: 'nothing to search for', where: 'options', remedy, exitCode: 2 });
        }
        const reader = await readConcepts(options.model);
        const table = await readEmbeddings(options.data, reader.sae.d);
        const hits = await searchScenes(reader, table.data, query, limit, threads);
        return { hits: hits.map((hit) => ({ ...hit, ...(table.files && { file: table.files[hit.row] }) })) };
      },
      ({ hits }) => hits.map(({ row, score, file }) => `${score.toFixed(4)}  ${row}  ${file ?? ''}`).join('\n'),
    ),
  );
}
