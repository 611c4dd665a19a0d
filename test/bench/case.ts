/** What one benchmark is: our work and its peer's on the same input, measured side by side. */

/** One measured quantity. CPU seconds of one thread unless `unit` says otherwise; ratio = peer ÷ ours. */
export interface BenchCase {
  /** `group/what`, such as `training/S500, 200 trees`. */
  readonly name: string;
  /** Ratio that we want to reach, peer ÷ ours; null where the figure stands for itself. */
  readonly goal: number | null;
  /** Times that each side is measured, in alternation; the least counts. */
  readonly repeats: number;
  /** Writes what the peer reads (.npy, .onnx …) into the folder, and readies what ours needs. Not measured. */
  prepare(folder: string): Promise<void>;
  /** Does our work once; gives the measured CPU seconds (see `cpuSeconds`), and what else should be printed. */
  ours(): Promise<Measured>;
  /** Absent where the figure has no peer. */
  readonly peer?: {
    /** Name and what of it runs, such as `scikit-learn RandomForestRegressor`. */
    readonly name: string;
    /** Script under test/bench/peers/ and its arguments; given the folder as first argument. It prints one line of JSON: {"seconds": …, …}. */
    readonly script: string;
    readonly arguments: readonly string[];
  };
  /** A peer that runs in this process, such as onnxruntime-node, or our own other way. */
  readonly peerHere?: { readonly name: string; run(): Promise<Measured> };
}

export interface Measured {
  readonly seconds: number;
  /** Printed beside the seconds: a score, an error, bytes. */
  readonly [figure: string]: unknown;
}

/** CPU seconds (user and system, all threads of the process) of the work. */
export async function cpuSeconds(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
