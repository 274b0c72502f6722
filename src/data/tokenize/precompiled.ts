import { expectedGot } from "../../errors/index.ts";

/** A text normaliser that SentencePiece compiled: a trie of byte sequences, and what each becomes. */
export type CharsMap = (text: string) => string;

/** Longer clusters are read one character at a time, as in Hugging Face's library. */
const LONGEST_CLUSTER_BYTES = 5;
/** Texts that most maps leave as they are. */
const PLAIN = /^[\x20-\x7e]*$/;

/**
 * Read `precompiled_charsmap` of a `Precompiled` normaliser (XLM-R, ALBERT, T5, …).
 *
 * Each grapheme cluster of at most five bytes is replaced by what its shortest known beginning becomes, or where none is known, each of its
 * characters. That drops the rest of a cluster; it is what Hugging Face's library does, and what those models were trained with.
 *
 * @param base64 - Of the trie's size in bytes, the trie (a double array of 32-bit units), and the texts, each ended by a zero.
 * @throws `tokenizer/bad-file` for a map that is damaged.
 * @see `Precompiled` in github.com/huggingface/tokenizers, and github.com/huggingface/spm_precompiled.
 */
export function readCharsMap(base64: string): CharsMap {
  const damaged = (got: string): Error => {
    const hint = "Save the tokenizer again with save_pretrained.";
    return expectedGot("tokenizer/bad-file", "tokenizer.json", "a whole precompiled_charsmap", got, hint);
  };
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  } catch {
    throw damaged("a text that is not base64");
  }
  const size = bytes.length < 4 ? -1 : new DataView(bytes.buffer).getUint32(0, true);
  if (size < 4 || size % 4 !== 0 || size + 4 > bytes.length) throw damaged(`${bytes.length} bytes`);
  const units = new Uint32Array(bytes.slice(4, 4 + size).buffer);
  const texts = bytes.subarray(4 + size);
  const [encoder, decoder] = [new TextEncoder(), new TextDecoder()];

  const replacementOf = (part: string): string | undefined => {
    const at = shortestMatch(units, encoder.encode(part));
    if (at < 0) return undefined;
    const end = texts.indexOf(0, at);
    return decoder.decode(texts.subarray(at, end < 0 ? texts.length : end));
  };
  const known = new Map<string, string>();
  const replaced = (cluster: string): string => {
    let result = known.get(cluster);
    if (result === undefined) {
      const whole = encoder.encode(cluster).length <= LONGEST_CLUSTER_BYTES ? replacementOf(cluster) : undefined;
      result = whole ?? Array.from(cluster, (char) => replacementOf(char) ?? char).join("");
      if (known.size < 100_000) known.set(cluster, result);
    }
    return result;
  };
  const segmenter = new Intl.Segmenter("und", { granularity: "grapheme" });
  const plainStays = Array.from({ length: 0x7f - 0x20 }, (_, at) => String.fromCharCode(0x20 + at)).every(
    (char) => replaced(char) === char,
  );
  return (text) => {
    if (plainStays && PLAIN.test(text)) return text;
    return Array.from(segmenter.segment(text), ({ segment }) => replaced(segment)).join("");
  };
}

/** The value of the shortest key that the bytes begin with, or −1. Layout of a unit: github.com/s-yata/darts-clone. */
function shortestMatch(units: Uint32Array, key: Uint8Array): number {
  const offset = (unit: number): number => (unit >>> 10) << ((unit & 0x200) >>> 6);
  let place = offset(units[0]);
  for (const byte of key) {
    if (byte === 0) return -1;
    place ^= byte;
    const unit = units[place];
    if (unit === undefined || (unit & 0x800000ff) >>> 0 !== byte) return -1;
    place ^= offset(unit);
    if ((unit >>> 8) & 1) return units[place] & 0x7fffffff;
  }
  return -1;
}
