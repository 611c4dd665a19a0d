/** The manifest of a bundle: what flies, where it comes from, what was proven of it, and the size and hash of every file. */
import { z } from 'zod';
import { canonicalJson, messageOf, NadirError } from '../base/index.ts';

/** Bounds that a reader checks before it allocates or opens anything. */
export const LIMITS = {
  manifestBytes: 2 ** 20,
  fileBytes: 256 * 2 ** 20,
  bundleBytes: 512 * 2 ** 20,
  files: 256,
  signers: 8,
} as const;

export const MANIFEST = 'manifest.json';
export const SIGNATURES = 'signatures';
export const SIGNATURE_BYTES = 64;

const hash = z.string().regex(/^[0-9a-f]{64}$/, 'is not a SHA-256');
const text = z.string().max(512);
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'is not a name');
const pem = z.string().max(1024).startsWith('-----BEGIN PUBLIC KEY-----');
const bytes = z.int().min(0);

/** Relative, `/` between names, no name that starts with a dot: nothing that could leave the folder or hide in it. */
const path = z
  .string()
  .max(128)
  .regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*){0,7}$/, 'is not a path inside the bundle')
  .refine((value) => value !== MANIFEST && value.split('/')[0] !== SIGNATURES, 'is a reserved path');

/** Data that a model was trained on. */
const dataSource = z.strictObject({ name: text, sha256: hash, rows: z.int().min(0) });

const model = z.strictObject({
  name,
  path,
  /** SPDX expression. */
  licence: z.string().regex(/^[A-Za-z0-9.+() -]{1,120}$/, 'is not an SPDX expression'),
  /** What it was trained from, or null for a model that was not trained here. */
  data: dataSource.nullable(),
  seed: z.int().nullable(),
  /** Where a model that was not trained here comes from, and what else a reader should know. */
  note: text,
  parameters: z.int().min(0),
  weightBytes: bytes,
});

const parity = z.strictObject({
  model: name,
  engine: name,
  /** Holdout rows compared. */
  rows: z.int().min(1),
  /** |got − reference| / max(|reference|, scale of the output): worst, 99.9th percentile, mean. */
  max: z.number().min(0),
  p999: z.number().min(0),
  mean: z.number().min(0),
  /** Worst |got − reference| in the output's own unit. */
  maxAbsolute: z.number().min(0),
});

const budget = z.strictObject({
  profile: name,
  engine: name,
  fits: z.boolean(),
  reasons: z.array(text).max(32),
  /** Memory the flight runtime is expected to need at its worst. */
  peakBytes: bytes,
  memoryLimitBytes: bytes,
});

const file = z.strictObject({ path, bytes: bytes.max(LIMITS.fileBytes), sha256: hash });

/** Schema of manifest.json, version 1. */
const manifestSchema = z
  .strictObject({
    kind: z.literal('nadir-bundle'),
    schemaVersion: z.literal(1),
    /** When it was packed, or null where the packer was given no time: the same input then gives the same bytes. */
    created: z.iso.datetime().nullable(),
    /** Version of Nadir that packed it. */
    nadir: z.string().max(32),
    /** Grows with every bundle of a mission; a board takes none older than what it has. */
    sequence: z.int().min(1),
    models: z.array(model).min(1).max(16),
    parity: z.array(parity).max(64),
    budgets: z.array(budget).max(16),
    /** Licence of the bundle's own files, SPDX. */
    licence: z.string().max(120),
    uplink: z.strictObject({
      /** Public key of the ground's commands, or null for a board that takes none. */
      commandKey: pem.nullable(),
    }),
    /** Everyone who signs, so that a signature added, exchanged or taken away is seen. */
    signers: z
      .array(z.strictObject({ keyId: z.string().regex(/^[0-9a-f]{16}$/), publicKey: pem }))
      .min(1)
      .max(LIMITS.signers),
    files: z.array(file).min(1).max(LIMITS.files),
  })
  .check((context) => {
    const { files, signers, models } = context.value;
    const fault = (message: string, at: string) =>
      context.issues.push({ code: 'custom', message, path: [at], input: undefined });
    const paths = files.map((entry) => entry.path);
    if (paths.some((value, i) => i > 0 && value <= paths[i - 1])) fault('are not sorted or not unique', 'files');
    // a/b beside a file named a could never both be written
    const folders = new Set(paths.flatMap(foldersOf));
    if (paths.some((value) => folders.has(value))) fault('name a file that is also a folder', 'files');
    if (files.reduce((sum, entry) => sum + entry.bytes, 0) > LIMITS.bundleBytes)
      fault('are too large together', 'files');
    if (new Set(signers.map((signer) => signer.keyId)).size !== signers.length) fault('are not unique', 'signers');
    for (const entry of models)
      if (!paths.includes(entry.path)) fault(`name ${entry.path}, which is no file of the bundle`, 'models');
  });

/** A bundle's manifest. */
export type Manifest = z.infer<typeof manifestSchema>;

/** A manifest without what follows from the files and the keys. */
export type ManifestBody = Omit<Manifest, 'kind' | 'schemaVersion' | 'nadir' | 'signers' | 'files'>;

/** Folders on the way to a file: `a/b/c` gives `a` and `a/b`. */
export function foldersOf(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, i) => parts.slice(0, i + 1).join('/'));
}

/** Bytes of manifest.json. Throws a RangeError for a manifest that the schema refuses: that is the packer's defect. */
export function formatManifest(manifest: Manifest): Buffer {
  const outcome = manifestSchema.safeParse(manifest);
  if (!outcome.success) throw new RangeError(`manifest: ${firstIssue(outcome.error)}`);
  return Buffer.from(canonicalJson(outcome.data));
}

/** Parses manifest.json. Any fault is one NadirError; only the canonical spelling is taken, so that there is one reading of it. */
export function parseManifest(content: Uint8Array, where: string): Manifest {
  const wrong = (what: string, cause?: unknown) =>
    new NadirError({
      what: `manifest ${what}`,
      where,
      remedy: 'Pack the bundle again with this version of Nadir',
      cause,
    });
  if (content.length > LIMITS.manifestBytes) throw wrong(`of ${content.length} bytes is too large`);
  let value: unknown;
  let spelled: string;
  try {
    spelled = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
    value = JSON.parse(spelled);
  } catch (cause) {
    throw wrong(`is not JSON (${messageOf(cause)})`, cause);
  }
  const outcome = manifestSchema.safeParse(value);
  if (!outcome.success) throw wrong(`is not valid: ${firstIssue(outcome.error)}`);
  if (canonicalJson(value) !== spelled) throw wrong('is not in canonical form');
  return outcome.data;
}

function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  return `${issue.path.join('.') || 'it'} ${issue.message}`.slice(0, 300);
}
