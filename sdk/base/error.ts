/**
 * The one kind of error a user sees: what is wrong, where, what to do, in one line.
 * Anything else that reaches the command line is a defect of ours.
 */
export class NadirError extends Error {
  /** What is wrong. */
  readonly what: string;
  /** File, row, topic or option at fault. */
  readonly where: string;
  /** What the user can do about it. */
  readonly remedy: string;
  /** Exit code of the command that ends with it: 1 failed, 2 wrong usage. */
  readonly exitCode: 1 | 2;

  constructor(parts: { what: string; where: string; remedy: string; exitCode?: 1 | 2; cause?: unknown }) {
    super(oneLine(`${parts.what}: ${parts.where}. ${parts.remedy}`), { cause: parts.cause });
    this.name = 'NadirError';
    this.what = parts.what;
    this.where = parts.where;
    this.remedy = parts.remedy;
    this.exitCode = parts.exitCode ?? 1;
  }
}

function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' ');
}

/** Message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
