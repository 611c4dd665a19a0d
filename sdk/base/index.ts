/**
 * What every room stands on: the one kind of error, arrays and their files (npy, npz), seeded random numbers,
 * atomic files, markup and charts for reports. Knows nothing of soil, concepts or flight.
 */
export { brokerPlace } from './broker-url.ts';
export { drawChart } from './chart.ts';
export { type CommandDocument, onceIn, type Progress, SILENT, VERSION } from './command.ts';
export { messageOf, NadirError } from './error.ts';
export { canonicalJson, removeAbandoned, sha256, sha256File, writeFileAtomic } from './files.ts';
export { html, Markup, page, raw } from './html.ts';
export {
  formatNpy,
  halvesToFloats,
  type NdArray,
  NPY_PREFIX_BYTES,
  type NumericArray,
  npyHeaderEnd,
  npyShape,
  parseNpy,
  parseNpyHeader,
  readBounded,
  readNpy,
  toFloat32,
  toFloat64,
  writeNpy,
} from './npy.ts';
export { formatNpz, parseNpz, readNpz, readZip, writeNpz } from './npz.ts';
export { kthLargest, quantile } from './order.ts';
export { modulePath, PACKAGE_ROOT, shippedPath } from './paths.ts';
export { formatPng } from './png.ts';
export { type Crew, onSharedMemory, openCrew, runJobs, serveJobs, workerUrl } from './pool.ts';
export { Random } from './random.ts';
export { fitsWasm, openWasm, openWasmOn, requireFits, sharedWasmMemory } from './wasm.ts';
