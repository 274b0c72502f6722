import { CrispError } from "../../src/errors/index.ts";
import type { Random } from "./random.ts";

/** A reader under fuzz. */
export interface Target {
  readonly name: string;
  /** Small valid inputs that changes start from. */
  seeds(): Uint8Array[];
  /** A changed copy; `other` is another input of the corpus. */
  mutate(random: Random, bytes: Uint8Array, other: Uint8Array): Uint8Array;
  /**
   * Read an input and check what comes back.
   *
   * @throws `CrispError` for what the reader refuses; anything else is a finding.
   */
  run(bytes: Uint8Array): unknown;
  readonly memory: {
    /** Bytes that any input may take. */
    readonly floor: number;
    /** Bytes for each byte of the input beyond that. */
    readonly factor: number;
  };
}

/** CPU time that an input of at most 64 kB may take. */
export const MOST_CPU_MS = 1000;
const LONGEST_MESSAGE = 2000;

/** What the reader returned contradicts itself. */
export function check(holds: unknown, what: string): asserts holds {
  if (!holds) throw new Error(`inconsistent: ${what}`);
}

/** What came of an input: `returned`, an error's code, or what is wrong. */
export interface Verdict {
  readonly outcome: string;
  readonly finding?: string;
}

/** Run a target on an input; a hang is for the caller to notice. */
export async function judge(target: Target, bytes: Uint8Array): Promise<Verdict> {
  try {
    await target.run(bytes);
    return { outcome: "returned" };
  } catch (error) {
    if (!(error instanceof CrispError)) {
      const { stack = String(error) } = error instanceof Error ? error : {};
      return { outcome: "crash", finding: stack };
    }
    const { code, message } = error;
    if (!/^[a-z-]+\/[a-z0-9-]+$/.test(code)) return { outcome: "crash", finding: `the code ${JSON.stringify(code)}` };
    if (message.length >= LONGEST_MESSAGE)
      return { outcome: code, finding: `a message of ${message.length} characters: ${message.slice(0, 200)}` };
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(message))
      return { outcome: code, finding: `a message of several lines or with control characters: ${JSON.stringify(message)}` };
    return { outcome: code };
  }
}
