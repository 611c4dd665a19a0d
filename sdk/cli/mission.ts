/** `nadir mission`: everything in one go, as a task list on a terminal and as plain lines elsewhere. */
import type { Command } from 'commander';
import { Listr, ListrLogger, ProcessOutput } from 'listr2';
import { type MissionDocument, type MissionOptions, runMission, STAGES, type StageRunner } from '../../sim/index.ts';
import { messageOf } from '../base/index.ts';
import { run, type SharedOptions, type Surroundings, shared } from './run.ts';

interface MissionCommandOptions extends SharedOptions {
  readonly out: string;
  readonly quick?: true;
  readonly profile: string;
}

/** Adds `nadir mission`. */
export function addMissionCommand(program: Command): void {
  const command = program
    .command('mission')
    .description(
      'explain, prune, distil, pack, fly, downlink and receive: everything in one go, with a report at the end',
    )
    .option('--quick', 'smaller models and fewer scenes: under a minute')
    .option('--profile <name>', 'device profile of the board that flies', 'jetson-nano');
  shared(command, { out: 'mission', threads: true }).action((options: MissionCommandOptions) =>
    run(options, (surroundings) => fly(options, surroundings), say),
  );
}

function fly(options: MissionCommandOptions, surroundings: Surroundings): Promise<MissionDocument> {
  const { out, seed, threads, profile } = options;
  const mission: MissionOptions = { out, seed, threads, profile, quick: options.quick === true };
  // listr2 draws only where standard output is a terminal too; elsewhere it would write its lines there
  return process.stdout.isTTY && process.stderr.isTTY && !surroundings.json
    ? withTaskList((stage) => runMission(mission, stage))
    : runMission(mission, plainLines(surroundings));
}

function plainLines({ log }: Surroundings): StageRunner {
  return async (title, work, tell) => {
    log(`${title} …`);
    const outcome = await work({ log: (line) => log(`  ${line}`) });
    log(`  ${tell(outcome)}`);
    return outcome;
  };
}

/** Shows every stage from the start; the mission itself says when one begins and ends. */
async function withTaskList<T>(work: (stage: StageRunner) => Promise<T>): Promise<T> {
  const stages = new Map(STAGES.map((title) => [title, Promise.withResolvers<string>()]));
  // a stage that fails is reported by the mission, even when the list has not come to it yet
  for (const { promise } of stages.values()) promise.catch(() => {});
  const outputs = new Map<string, (line: string) => void>();
  const list = new Listr(
    STAGES.map((title) => ({
      title,
      task: async (_, task) => {
        outputs.set(title, (line) => {
          task.output = line;
        });
        task.title = `${title}: ${await stages.get(title)?.promise}`;
      },
    })),
    {
      rendererOptions: {
        // standard output is for the document alone
        logger: new ListrLogger({ useIcons: false, processOutput: new ProcessOutput(process.stderr, process.stderr) }),
        collapseSubtasks: false,
      },
    },
  );
  const shown = list.run().catch(() => {}); // a stage's error is thrown by the work itself
  try {
    return await work(async (title, doIt, tell) => {
      const stage = stages.get(title);
      try {
        const outcome = await doIt({ log: (line) => outputs.get(title)?.(line) });
        stage?.resolve(tell(outcome));
        return outcome;
      } catch (thrown) {
        stage?.reject(new Error(messageOf(thrown)));
        throw thrown;
      }
    });
  } finally {
    for (const { reject } of stages.values()) reject(new Error('not reached'));
    await shown;
  }
}

function say({ soil, concepts, bundle, link, report }: MissionDocument): string {
  const best = concepts.byK.at(-1);
  return [
    `soil: ${soil.features} features, ${soil.bands} bands, score ${soil.prunedScore.toFixed(3)} against ${soil.fullScore.toFixed(3)} (loss ${soil.lossPercent.toFixed(1)} %)`,
    `concepts: cosine ${best?.cosine.toFixed(3)} at k = ${best?.k}, ${concepts.named} named`,
    `bundle: ${(bundle.bytes / 1e6).toFixed(1)} MB, ${bundle.fits ? 'fits the board' : 'does not fit the board'}`,
    `link: ${link.archived} of ${link.produced} frames archived, ${link.gaps} missing, ${link.duplicatesArchived} twice, through ${link.outages} outages and ${link.powerCuts} power cuts`,
    `report: ${report}`,
  ].join('\n');
}
