/** A rate as a token bucket: how many bytes may go at a time, so that no more than `rate · t + burst` ever went by time t. */
export class TokenBucket {
  readonly #rate: number;
  readonly #burst: number;
  #tokens: number;
  #atMs: number;

  /** `rate` in bytes a second; `burst` is what may go at once after a rest. */
  constructor(rate: number, burst: number, nowMs: number) {
    if (!(rate > 0) || !(burst >= 1))
      throw new RangeError(`rate ${rate} and burst ${burst} must be above 0 and at least 1`);
    this.#rate = rate;
    this.#burst = burst;
    this.#tokens = burst;
    this.#atMs = nowMs;
  }

  /** Takes at most `wanted` bytes and returns how many were given, a whole number. */
  take(wanted: number, nowMs: number): number {
    this.#tokens = Math.min(this.#burst, this.#tokens + (Math.max(0, nowMs - this.#atMs) * this.#rate) / 1000);
    this.#atMs = Math.max(this.#atMs, nowMs);
    const given = Math.min(wanted, Math.floor(this.#tokens));
    this.#tokens -= given;
    return given;
  }

  /** Milliseconds until at least one byte may go. */
  waitMs(): number {
    return this.#tokens >= 1 ? 0 : ((1 - this.#tokens) / this.#rate) * 1000;
  }
}
