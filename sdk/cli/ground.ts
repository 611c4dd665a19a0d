/** `nadir ground`: the ground station as a process, and its archive's status and export. */
import type { Command } from 'commander';
import { NadirError } from '../base/index.ts';
import { readPrivateKey } from '../bundle/index.ts';
import {
  type ExportedFile,
  exportArchive,
  type GroundStatus,
  openConceptReader,
  readArchiveStatus,
  startGround,
} from '../ground/index.ts';
import { positive, run, type SharedOptions, shared, wholeNumber } from './run.ts';

interface GroundOptions extends SharedOptions {
  readonly archive?: string;
  readonly mission?: string;
  readonly commandKey?: string;
  readonly broker?: string;
  readonly listen: number;
  readonly concepts?: string;
  readonly page?: number;
  readonly seconds?: number;
}

interface ArchiveOptions extends SharedOptions {
  readonly archive: string;
  readonly out: string;
}

/** Adds `nadir ground`, `nadir ground status` and `nadir ground export`. */
export function addGroundCommand(program: Command): void {
  // what follows the name of a sub-command is the sub-command's own: both have --archive
  program.enablePositionalOptions();
  const ground = program
    .command('ground')
    .description('receive, archive, acknowledge and ask again, until interrupted')
    .enablePositionalOptions()
    .option('--archive <dir>', 'folder of the archive, made when missing')
    .option('--mission <name>', 'mission: the second part of the topics')
    .option('--command-key <file>', 'Ed25519 private key (PEM) that signs what goes up')
    .option('--broker <url>', 'MQTT broker to join, instead of the embedded one')
    .option('--listen <port>', 'port of the embedded broker on 127.0.0.1; 0 takes a free one', wholeNumber, 1883)
    .option('--concepts <dir>', 'concept model that names and decodes the concept codes')
    .option('--page <port>', 'serve the live page on 127.0.0.1; 0 takes a free port', wholeNumber)
    .option('--seconds <n>', 'stop after so many seconds', positive);
  shared(ground).action((options: GroundOptions) => run(options, ({ log }) => receive(options, log), describe));

  const archived = (name: string, description: string) =>
    ground.command(name).description(description).requiredOption('--archive <dir>', 'folder of the archive');
  shared(archived('status', 'what an archive holds; no ground may be running on it')).action(
    (options: ArchiveOptions) => run(options, () => readArchiveStatus(options.archive), describe),
  );
  shared(archived('export', 'write an archive as Parquet, one file a stream'), { out: 'export' }).action(
    (options: ArchiveOptions) =>
      run(
        options,
        async (): Promise<{ files: ExportedFile[] }> => ({ files: await exportArchive(options.archive, options.out) }),
        ({ files }) => files.map(({ path, rows }) => `${path}  ${rows} rows`).join('\n'),
      ),
  );
}

async function receive(options: GroundOptions, log: (line: string) => void): Promise<GroundStatus> {
  const archive = needed(options.archive, '--archive DIR');
  const mission = needed(options.mission, '--mission NAME');
  const { privateKey } = await readPrivateKey(needed(options.commandKey, '--command-key FILE'));
  const ground = await startGround({
    ...{ archive, mission, commandKey: privateKey, listen: options.listen, progress: { log } },
    ...(options.broker === undefined ? {} : { broker: options.broker }),
    ...(options.page === undefined ? {} : { page: options.page }),
    ...(options.concepts === undefined ? {} : { concepts: await openConceptReader(options.concepts) }),
  });
  try {
    log(`ground: mission ${mission} on ${options.broker === undefined ? ground.brokerUrl : 'the given broker'}`);
    if (ground.pageUrl) log(`ground: live page at ${ground.pageUrl}`);
    await ended(options.seconds);
    return await ground.status();
  } finally {
    await ground.stop();
  }
}

/** Resolves at the first SIGINT or SIGTERM, or after so many seconds. */
function ended(seconds: number | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      process.off('SIGINT', done);
      process.off('SIGTERM', done);
      resolve();
    };
    // without a limit the timer only keeps the process alive
    const timer = seconds === undefined ? setInterval(() => {}, 60_000) : setTimeout(done, seconds * 1000);
    process.on('SIGINT', done);
    process.on('SIGTERM', done);
  });
}

function needed(value: string | undefined, option: string): string {
  if (value !== undefined && value !== '') return value;
  throw new NadirError({
    what: 'option missing',
    where: option,
    remedy: 'Add it (see nadir ground --help)',
    exitCode: 2,
  });
}

function describe(status: GroundStatus): string {
  const { archived, gaps, duplicatesDropped, duplicatesArchived, quarantined } = status;
  const crafts = status.crafts.map(({ craft, link, perStream }) => {
    const streams = Object.entries(perStream).map(([name, n]) => `${name} ${n.archived}/${n.expected}`);
    return `${craft}: link ${link}; ${streams.join(', ')}`;
  });
  return [
    `${archived} frames archived, ${duplicatesArchived} twice; ${gaps} missing; ${duplicatesDropped} repeats dropped; ${quarantined} payloads refused`,
    ...crafts,
  ].join('\n');
}
