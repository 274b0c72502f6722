import { expectedGot } from "../../errors/index.ts";
import { entmax15 } from "./entmax15.ts";
import type { Normaliser } from "./normaliser.ts";
import { softmax } from "./softmax.ts";
import { sparsemax } from "./sparsemax.ts";

/** The normalisers by name, the default first. To add one, write its file and a line here. */
export const normalisers: Readonly<Record<string, Normaliser>> = { softmax, sparsemax, entmax15 };

/**
 * The normaliser of a name; the softmax where none is named.
 *
 * @throws `pattern/bad-plan` for an unknown one.
 */
export function normaliserOf(name = softmax.name): Normaliser {
  if (Object.hasOwn(normalisers, name)) return normalisers[name];
  throw expectedGot("pattern/bad-plan", "attention.normaliser", `one of ${Object.keys(normalisers).join(", ")}`, name);
}

/** Whether a name, or none, means the softmax. */
export const isSoftmax = (name?: string): boolean => normaliserOf(name) === softmax;
