/** `nadir spectra redteam`: the checks of a soil model, for a payload engineer to read and a pipeline to fail on. */
import { type Command, InvalidArgumentError } from 'commander';
import { CHECKS, FAILING, isAtLeast, redteamSoilModel, SEVERITIES, type Severity } from '../explain/index.ts';
import { DATASETS } from '../spectra/index.ts';
import { list, run, type SharedOptions, shared } from './run.ts';

interface RedteamCommandOptions extends SharedOptions {
  readonly model: string;
  readonly data: string;
  readonly targets?: string[];
  readonly group?: string;
  readonly folds?: string;
  readonly laboratory?: string[];
  readonly only?: string[];
  readonly quick?: true;
  readonly failOn?: Severity;
  readonly out: string;
}

/** Adds `spectra redteam`. */
export function addRedteam(spectra: Command): void {
  const command = spectra
    .command('redteam')
    .description('eighteen ways in which a soil model may fail, each with a number, a grade and what to do')
    .requiredOption('--model <dir>', 'soil model folder, as train and prune make it')
    .requiredOption(
      '--data <path>',
      `${DATASETS.join(', ')}, or the path of a HYPERVIEW folder, a frame or a spectra table`,
    )
    .option('--targets <names>', "columns with the model's targets, in its order (default: its own names)", list)
    .option('--group <column>', 'column of the field, site or flight (default: found by its name)')
    .option('--folds <n|column:NAME>', 'folds in which rows are judged', '5')
    .option('--laboratory <columns>', 'columns that are laboratory values, besides those known by name', list)
    .option('--only <checks>', `checks by name or number, among ${CHECKS.map(({ name }) => name).join(', ')}`, list)
    .option('--quick', 'fewer rows, refits and draws')
    .option('--fail-on <grade>', `exit with 1 on a finding of this grade or worse: ${FAILING.join(', ')}`, grade);
  shared(command, { out: 'out/redteam', threads: true }).action(async (options: RedteamCommandOptions) => {
    await run(
      options,
      async (surroundings) => {
        const outcome = await redteamSoilModel({ ...options, quick: options.quick === true }, surroundings);
        const { failOn } = options;
        if (failOn !== undefined && outcome.findings.some((finding) => isAtLeast(finding, failOn)))
          process.exitCode = 1;
        return outcome;
      },
      ({ findings, counts, report }) =>
        `${findings
          .map(
            ({ id, check, severity, evidence }) =>
              `${severity.padEnd(7)} ${String(id).padStart(2)} ${check}: ${evidence}`,
          )
          .join(
            '\n',
          )}\n${SEVERITIES.map((severity) => `${counts[severity]} ${severity}`).join(', ')}; report: ${report}`,
    );
  });
}

/** Option parser: a grade that can fail. */
function grade(text: string): Severity {
  const known = FAILING.find((severity) => severity === text);
  if (known === undefined) throw new InvalidArgumentError(`must be one of ${FAILING.join(', ')}.`);
  return known;
}
