/** Device profiles: what a board has and what the flight runtime may use of it, each fact with where it is stated. */
import { readdir } from 'node:fs/promises';
import { z } from 'zod';
import { messageOf, NadirError, readBounded, shippedPath } from '../base/index.ts';

const MAX_PROFILE_BYTES = 65536;
const FOLDER = 'device-profiles';

/** Engines that this version of Nadir runs. A profile may name others: they say what the board could do. */
export const RUNNABLE_ENGINES: readonly string[] = ['onnxruntime-cpu'];

const source = z.string().min(3);
const fact = <T extends z.ZodType>(value: T) => z.strictObject({ value, source });
const amount = z.int().min(1);
const watts = z.number().positive();

/** Schema of a file in device-profiles/. A value that no document states is null, and the source says so. */
const profileSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
  title: z.string().min(1),
  arch: fact(z.enum(['arm64', 'x64'])),
  cpu: fact(z.string().min(1)),
  cores: fact(amount),
  memoryBytes: fact(amount),
  /** What the flight runtime may use at its worst, resident. */
  memoryLimitBytes: fact(amount),
  storageBytes: fact(amount.nullable()),
  accelerators: z.array(
    z.strictObject({
      name: z.string().min(1),
      /** 10¹² int8 operations a second. */
      tops: fact(z.number().positive().nullable()),
      /** Engine of this profile that uses it, or null where none does. */
      engine: z.string().nullable(),
      note: z.string(),
    }),
  ),
  /** The first that this version of Nadir runs is taken. */
  engines: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[a-z0-9-]+$/),
        /** Operators it runs; absent where it runs all of its standard. */
        operators: z.array(z.string()).min(1).optional(),
        source,
      }),
    )
    .min(1),
  power: z.strictObject({ idleW: fact(watts.nullable()), maxW: fact(watts.nullable()) }),
});

/** A board. */
export type DeviceProfile = z.infer<typeof profileSchema>;

/** Names of the profiles that ship with Nadir. */
export async function profileNames(): Promise<string[]> {
  const files = await readdir(shippedPath(FOLDER));
  return files
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -5))
    .sort();
}

/** Reads a profile by its name, or from a file where a path (with `/` or ending in `.json`) is given. */
export async function readProfile(nameOrPath: string): Promise<DeviceProfile> {
  const isPath = nameOrPath.includes('/') || nameOrPath.endsWith('.json');
  if (!isPath) {
    const names = await profileNames();
    if (!names.includes(nameOrPath)) {
      throw new NadirError({
        what: 'no such device profile',
        where: JSON.stringify(nameOrPath),
        remedy: `Choose ${names.join(', ')}, or give the path of your own profile`,
        exitCode: 2,
      });
    }
  }
  const path = isPath ? nameOrPath : shippedPath(FOLDER, `${nameOrPath}.json`);
  const wrong = (what: string, cause?: unknown) =>
    new NadirError({ what, where: path, remedy: 'Copy one of device-profiles/ and change it', cause });
  let value: unknown;
  try {
    value = JSON.parse((await readBounded(path, MAX_PROFILE_BYTES)).toString('utf8'));
  } catch (cause) {
    if (cause instanceof NadirError) throw cause;
    throw wrong(`device profile is not JSON (${messageOf(cause)})`, cause);
  }
  const outcome = profileSchema.safeParse(value);
  if (!outcome.success) {
    const [issue] = outcome.error.issues;
    throw wrong(`device profile: ${issue.path.join('.') || 'it'} ${issue.message}`);
  }
  return outcome.data;
}
