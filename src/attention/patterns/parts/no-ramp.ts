import { expectedGot } from "../../../errors/index.ts";

/**
 * Refuse a ramp on a pattern that has no sparsity to ramp.
 *
 * @param id - Of the pattern.
 * @param what - Its parameter with an article, for the message.
 * @throws `pattern/bad-schedule` unless the strength is 1.
 */
export function refuseRamp(id: string, what: string, strength: number): void {
  if (strength === 1) return;
  throw expectedGot("pattern/bad-schedule", id, `no ramp on ${what}`, `strength ${strength}`, "Leave the ramp out.");
}
