/** What the flight runtime has to know of its device profile; `compact` holds the whole schema and checks every shipped file by it. */
import { z } from 'zod';
import { messageOf, NadirError, readBounded, shippedPath } from '../base/index.ts';

const MAX_BYTES = 65536;
const fact = z.object({ value: z.int().min(1) });
const schema = z.object({ name: z.string(), cores: fact, memoryLimitBytes: fact });

/** Limits that the runtime keeps to. */
export interface Device {
  readonly name: string;
  /** Threads of one inference. */
  readonly threads: number;
  /** Resident memory that must not be exceeded. */
  readonly memoryLimitBytes: number;
}

/** Reads a profile of device-profiles/ by name, or a file of one's own by a path that ends in `.json`. */
export async function readDevice(nameOrPath: string): Promise<Device> {
  const path = nameOrPath.endsWith('.json') ? nameOrPath : shippedPath('device-profiles', `${nameOrPath}.json`);
  try {
    const profile = schema.parse(JSON.parse((await readBounded(path, MAX_BYTES)).toString('utf8')));
    return { name: profile.name, threads: profile.cores.value, memoryLimitBytes: profile.memoryLimitBytes.value };
  } catch (cause) {
    throw new NadirError({
      what: `no device profile (${messageOf(cause).slice(0, 120)})`,
      where: nameOrPath,
      remedy: 'Name a file of device-profiles/ without .json, or give the path of your own',
      exitCode: 2,
      cause,
    });
  }
}
