import { expectedGot } from "../../errors/index.ts";
import type { AttentionDropout } from "./attention-dropout.ts";
import { columns, elements } from "./drop-attention.ts";
import { standard } from "./standard.ts";

/** The kinds of dropout of attention probabilities by name, the default first. To add one, write its file and a line here. */
export const dropouts: Readonly<Record<string, AttentionDropout>> = { standard, elements, columns };

/**
 * The kind of a name; the standard one where none is named.
 *
 * @throws `pattern/bad-plan` for an unknown one.
 */
export function dropoutOf(name = standard.name): AttentionDropout {
  if (Object.hasOwn(dropouts, name)) return dropouts[name];
  throw expectedGot("pattern/bad-plan", "attention.dropout", `one of ${Object.keys(dropouts).join(", ")}`, name);
}
