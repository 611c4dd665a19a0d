/** Places in a memory of kernels. */

/** Values that vectors may write beyond an array's end. */
export const SPILL = 4;

/** d rounded up to a multiple of 32: the length of rows in memory. */
export function rowWidth(d: number): number {
  return Math.ceil(d / 32) * 32;
}

/** Takes place after place of a memory, in words. */
export function layout() {
  let end = 65536; // below it lie AssemblyScript's own few bytes
  const take = (words: number) => {
    const offset = end;
    end += Math.ceil((words * 4) / 64) * 64;
    return offset;
  };
  return { take, end: () => end };
}

/** Room for selecting among n latents. */
export function takeScratch(take: (words: number) => number, n: number) {
  const [scratchValues, scratchLatents, scratchAll, scratchRest] = Array.from({ length: 4 }, () => take(n + SPILL));
  return { scratchValues, scratchLatents, scratchAll, scratchRest };
}
