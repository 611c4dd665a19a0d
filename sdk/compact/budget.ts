/**
 * Does it fit? Memory at the worst moment, storage, and operators, against a device profile. The constants were measured with the process of
 * test/compact/runtime-memory.ts (peak resident memory from /proc/self/status), Node 24.21 and onnxruntime 1.30 on linux x64.
 */
import type { OnnxInspection } from './inspect.ts';
import { type DeviceProfile, RUNNABLE_ENGINES } from './profile.ts';

const MIB = 2 ** 20;

/**
 * Resident memory of Node running TypeScript by type stripping, with onnxruntime, LMDB, MQTT, msgpackr and zod loaded and a one-node model
 * run: 145 to 146 MiB measured (103 as built JavaScript).
 */
const RUNTIME_BYTES = 146 * MIB;
/** V8's young generation at its largest, three semi-spaces of 16 MiB: frames and queues come and go in it. A bound, not a measurement. */
const YOUNG_GENERATION_BYTES = 48 * MIB;
/** While onnxruntime loads: the file, its parsed copy, its packed copy. Measured 3.0 for products of 16 and 64 MiB, float32 and int8. */
const LOADING_WEIGHTS = 3;
/** Once loaded, until the file's bytes are collected. Measured 2.0. */
const LOADED_WEIGHTS = 2;
/** Trees are attributes: parsed, copied into the node, rebuilt by the kernel. Measured 4.9 and 4.1 for 102,300 nodes with 4 targets. */
const LOADING_ATTRIBUTES = 5;
const LOADED_ATTRIBUTES = 4.2;
/** onnxruntime's arena grows in powers of two. Measured 1.4 for EfficientNet-Lite0 with 8 images at once. */
const ARENA = 1.5;
/** The bundle on board and the next one beside it. */
const BUNDLES_STORED = 2;

/** A model to fly. */
export interface BudgetedModel {
  readonly name: string;
  readonly inspection: OnnxInspection;
}

/** Whether a set of models fits a board. */
export interface Budget {
  readonly profile: string;
  /** Engine that would run them. */
  readonly engine: string;
  readonly fits: boolean;
  /** Why it does not fit, one line each with the smallest change that would make it fit; empty where it fits. */
  readonly reasons: readonly string[];
  /** Resident memory of the flight runtime at its worst. */
  readonly peakBytes: number;
  readonly memoryLimitBytes: number;
}

/** Checks models, all loaded at once, and a bundle of `bundleBytes` against a board. */
export function checkBudget(models: readonly BudgetedModel[], profile: DeviceProfile, bundleBytes: number): Budget {
  const reasons: string[] = [];
  const engine = profile.engines.find(({ name }) => RUNNABLE_ENGINES.includes(name));
  if (!engine) {
    reasons.push(
      `no engine of ${profile.name} (${profile.engines.map(({ name }) => name).join(', ')}) is one that Nadir runs: add ${RUNNABLE_ENGINES.join(' or ')} to the profile if the board has it`,
    );
  }
  for (const model of models) reasons.push(...operatorReasons(model, engine), ...unknownReasons(model));
  const peakBytes = memoryAtWorst(models);
  const limit = profile.memoryLimitBytes.value;
  if (peakBytes > limit) reasons.push(memoryReason(models, profile, peakBytes - limit, peakBytes));
  const storage = profile.storageBytes.value;
  if (storage !== null && BUNDLES_STORED * bundleBytes > storage) {
    reasons.push(
      `two bundles of ${mib(bundleBytes)} do not fit the storage of ${mib(storage)}: make the bundle ${mib(bundleBytes - storage / BUNDLES_STORED)} smaller`,
    );
  }
  return {
    profile: profile.name,
    engine: engine?.name ?? 'none',
    fits: reasons.length === 0,
    reasons,
    peakBytes,
    memoryLimitBytes: limit,
  };
}

/** Resident memory of the flight runtime at its worst: the last model still loading, or all loaded and running. */
export function memoryAtWorst(models: readonly BudgetedModel[]): number {
  const loaded = models.reduce((sum, model) => sum + loadedBytes(model), 0);
  const loading = Math.max(0, ...models.map((model) => loadingBytes(model) - loadedBytes(model)));
  const running = models.reduce((sum, model) => sum + runningBytes(model), 0);
  return Math.ceil(RUNTIME_BYTES + YOUNG_GENERATION_BYTES + loaded + Math.max(loading, running));
}

function loadedBytes({ inspection }: BudgetedModel): number {
  return LOADED_WEIGHTS * inspection.weightBytes + LOADED_ATTRIBUTES * inspection.attributeBytes;
}

function loadingBytes({ inspection }: BudgetedModel): number {
  return LOADING_WEIGHTS * inspection.weightBytes + LOADING_ATTRIBUTES * inspection.attributeBytes;
}

function runningBytes({ inspection }: BudgetedModel): number {
  return ARENA * (inspection.peakActivationBytes ?? 0);
}

function operatorReasons(model: BudgetedModel, engine: DeviceProfile['engines'][number] | undefined): string[] {
  const allowed = engine?.operators;
  const missing = model.inspection.operators.filter(({ domain, op }) =>
    allowed ? !allowed.includes(op) : !['ai.onnx', 'ai.onnx.ml'].includes(domain),
  );
  if (!engine || missing.length === 0) return [];
  const names = missing.map(({ domain, op }) => (domain === 'ai.onnx' ? op : `${domain}.${op}`)).join(', ');
  return [`${engine.name} does not run ${names}: take it out of the ${model.name} model`];
}

function unknownReasons({ name, inspection }: BudgetedModel): string[] {
  if (inspection.unknown.length === 0) return [];
  const [first, ...more] = inspection.unknown;
  const others = more.length > 0 ? ` and ${more.length} more` : '';
  return [
    `memory of the ${name} model cannot be told because of the ${first}${others}: use operators that "inspect" knows`,
  ];
}

/** One change is enough: the least drastic, relative to the model it concerns, comes first; the other is a higher limit. */
function memoryReason(
  models: readonly BudgetedModel[],
  profile: DeviceProfile,
  over: number,
  peakBytes: number,
): string {
  const board = profile.memoryBytes.value;
  const raise =
    peakBytes <= board
      ? `raise memoryLimitBytes of ${profile.name} to ${peakBytes} (the board has ${mib(board)})`
      : `choose a board with at least ${mib(peakBytes)}`;
  const shares = models.map((model) => ({ name: model.name, bytes: loadingBytes(model) + runningBytes(model) }));
  const [largest] = shares.sort((a, b) => b.bytes - a.bytes);
  const shrink =
    largest && largest.bytes > over
      ? `make the ${largest.name} model ${Math.ceil((100 * over) / largest.bytes)} % smaller (it takes ${mib(largest.bytes)}), or `
      : '';
  return `needs ${mib(peakBytes)} of memory, ${mib(over)} more than the ${mib(profile.memoryLimitBytes.value)} allowed: ${shrink}${raise}`;
}

function mib(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}
