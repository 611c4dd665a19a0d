/**
 * The `nadir` command. Loads only the room that is asked for, so that the flight runtime carries no trainer and starts fast.
 * Exit codes: 0 done, 1 failed, 2 wrong usage.
 */
import { Command, CommanderError } from 'commander';
import { VERSION } from '../base/index.ts';
import { fail } from './run.ts';

interface Room {
  readonly summary: string;
  /** Adds the room's command with its options and sub-commands. */
  readonly add: (program: Command) => Promise<void>;
}

const ROOMS: Record<string, Room> = {
  mission: {
    summary: 'explain, prune, distil, pack, fly, downlink and receive: everything in one go',
    add: async (program) => (await import('./mission.ts')).addMissionCommand(program),
  },
  spectra: {
    summary: 'soil models: features, train, explain, prune',
    add: async (program) => (await import('./spectra.ts')).addSpectraCommands(program),
  },
  concepts: {
    summary: 'image concepts: embed, train, evaluate, name, search, distill',
    add: async (program) => (await import('./concepts.ts')).addConceptsCommands(program),
  },
  pack: {
    summary: 'put the models into a signed bundle that fits a device',
    add: async (program) => (await import('./pack.ts')).addPackCommand(program),
  },
  onboard: {
    summary: 'the flight runtime: frames in, soil estimates and concepts out, nothing lost',
    add: async (program) => (await import('./onboard.ts')).addOnboardCommand(program),
  },
  ground: {
    summary: 'receive, archive, acknowledge, ask again, export',
    add: async (program) => (await import('./ground.ts')).addGroundCommand(program),
  },
  keys: {
    summary: 'make signing keys',
    add: async (program) => (await import('./keys.ts')).addKeysCommand(program),
  },
  doctor: {
    summary: 'what this machine has and lacks, and how to get it',
    add: async (program) => (await import('./doctor.ts')).addDoctorCommand(program),
  },
};

async function main(args: readonly string[]): Promise<void> {
  const program = new Command('nadir')
    .description(
      'Makes a model that explains the ground small enough, honest enough and tough enough to fly on a satellite.',
    )
    .version(VERSION)
    .configureOutput({ outputError: (text, write) => write(oneLine(text)) });
  const [first, second] = args.filter((arg) => !arg.startsWith('-'));
  const asked = first === 'help' ? second : first;
  for (const [name, room] of Object.entries(ROOMS)) {
    if (name === asked) await room.add(program);
    else program.command(name).description(room.summary);
  }
  exitByUs(program);
  if (args.length === 0) program.outputHelp();
  else await program.parseAsync(args, { from: 'user' });
}

/** A usage error as all our errors are: one line, and what to do. */
function oneLine(text: string): string {
  return `nadir: ${text
    .trim()
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ')} See nadir help, or --help behind a command.\n`;
}

/** Makes commander throw instead of ending the process, in every sub-command. */
function exitByUs(command: Command): void {
  command.exitOverride();
  for (const sub of command.commands) exitByUs(sub);
}

try {
  await main(process.argv.slice(2));
} catch (thrown) {
  if (thrown instanceof CommanderError) process.exitCode = thrown.exitCode === 0 ? 0 : 2;
  else fail(thrown);
}
