import { expectedGot } from "../../../errors/index.ts";
import { HttpError } from "../../../server/index-node.ts";
import type { ServedInput } from "./model-messages.ts";

/**
 * Refuse texts that would hold the model's thread for long, before they wait for it.
 *
 * @param most - Characters (UTF-16 units) of a text, and of its pair.
 * @throws HttpError 422 `serve/long-text` with its place, where there are several.
 */
export function checkLengths(inputs: readonly ServedInput[], most: number): void {
  inputs.forEach((input, at) => {
    if (input instanceof Uint8Array) return;
    const { text, pair = "" } = typeof input === "string" ? { text: input } : input;
    const length = Math.max(text.length, pair.length);
    if (length <= most) return;
    const where = inputs.length === 1 ? "the text" : `[${at}] the text`;
    const hint = "Shorten it, or start the server with another --max_text_length.";
    throw new HttpError(422, expectedGot("serve/long-text", where, `at most ${most} characters`, length, hint));
  });
}
