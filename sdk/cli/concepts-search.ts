/** `nadir concepts search`. */
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { NadirError } from '../base/index.ts';
import { type SearchPlace, searchModel } from '../concepts/index.ts';
import { count, run, type SharedOptions, shared, wholeNumber } from './run.ts';

interface SearchCommand extends SharedOptions {
  readonly model: string;
  readonly data?: string;
  readonly index?: string;
  readonly concept?: string;
  readonly latent?: string;
  readonly like?: number;
  readonly plus?: string;
  readonly minus?: string;
  readonly limit: number;
  readonly html?: string;
  readonly images?: string;
}

export function addSearch(concepts: Command): void {
  const command = concepts
    .command('search')
    .description('find scenes by concept, or like one of them')
    .requiredOption('--model <dir>', 'concept model folder')
    .addOption(new Option('--data <path>', 'embeddings [n, d] to search').conflicts('index'))
    .option('--index <dir>', 'index to search, of nadir concepts index')
    .addOption(
      new Option(
        '--concept <query>',
        '"forest, river:0.5, !cloud": scenes that show all plain ones and none behind "!"; one with a weight counts',
      ).conflicts('like'),
    )
    .addOption(new Option('--latent <n,…>', 'scenes that show these latents, named or not').conflicts('like'))
    .option('--like <row>', 'scenes like this row', wholeNumber)
    .option('--plus <query>', 'with --like: more of these concepts')
    .option('--minus <query>', 'with --like: less of these concepts')
    .option('--limit <n>', 'hits at most', count, 20)
    .addOption(new Option('--html <file>', 'write a page of the hits').conflicts('out'))
    .option('--out <dir>', 'folder that gets this page as hits.html')
    .option('--images <path>', 'folder or zip of the images, for the page');
  shared(command, { threads: true }).action((options: SearchCommand) =>
    run(
      options,
      async () => {
        const page = options.html ?? (options.out === undefined ? undefined : join(options.out, 'hits.html'));
        return searchModel({ ...options, place: placeOf(options), page });
      },
      ({ hits, page }) =>
        [
          ...hits.map(({ row, score, file }) => `${score.toFixed(4)}  ${row}  ${file ?? ''}`),
          ...(page === undefined ? [] : [`page ${page}`]),
        ].join('\n'),
    ),
  );
}

function placeOf({ data, index }: SearchCommand): SearchPlace {
  if (index !== undefined) return { index };
  if (data !== undefined) return { data };
  const remedy = 'Give --data EMBEDDINGS or --index DIR';
  throw new NadirError({ what: 'nowhere to search', where: 'options', remedy, exitCode: 2 });
}
