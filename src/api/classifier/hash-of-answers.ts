import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { stableJson } from "../../files/index.ts";
import type { Digest } from "../../training/index.ts";
import type { ClassifierParts } from "./classifier-parts.ts";

/** Hash of a classifier's parts, in the order of their names; hexadecimal. */
export function hashOfAnswers({ config, card, weights, tokenizerFiles }: ClassifierParts, digest: Digest): string {
  const { attention, maxLength, longTexts, docStride, maxWindows, seed } = card;
  digest.update(utf8ToBytes(stableJson({ config, attention, maxLength, longTexts, docStride, maxWindows, seed })));
  const parts = new Map<string, Iterable<Uint8Array>>(tokenizerFiles);
  for (const [name, { buffer, byteOffset, byteLength }] of weights)
    parts.set(`weights ${name}`, [new Uint8Array(buffer, byteOffset, byteLength)]);
  for (const name of [...parts.keys()].sort()) {
    digest.update(utf8ToBytes(`\n${name}\n`));
    for (const piece of parts.get(name)!) digest.update(piece);
  }
  return bytesToHex(digest.digest());
}
