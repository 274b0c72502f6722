import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { readForInspection } from "../inspect/read-table.ts";
import { indexRows } from "../stream/row-stream.ts";
import { openTextRows } from "../stream/text-rows.ts";
import { bytesSource } from "./byte-source.ts";
import { readDataset } from "./dataset.ts";
import { decodeText } from "./decode.ts";
import { decodeAs, type EncodingName, looksLikeWindows1252, utf16Order } from "./encoding.ts";

const latin = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));
const utf16 = (text: string, order: "le" | "be" = "le"): Uint8Array => {
  const bytes = Buffer.from(text, "utf16le");
  return new Uint8Array(order === "le" ? bytes : bytes.swap16());
};
const TEXT = "text;label\nDas Café ist größer;gut\n“naïve” – 5 €;schlecht\n";
/** TEXT as Excel saves it. */
const WINDOWS = latin("text;label\nDas Caf\xe9 ist gr\xf6\xdfer;gut\n\x93na\xefve\x94 \x96 5 \x80;schlecht\n");

describe("encodings", () => {
  test("windows-1252 is read where a file is not UTF-8, and said", async () => {
    const notes: string[] = [];
    const onNote = (text: string) => notes.push(text);
    assert.equal(await decodeText(WINDOWS, "a.csv", { onNote }), TEXT);
    assert.deepEqual(notes, ["a.csv: read as windows-1252, as it is not UTF-8; give --encoding to say otherwise"]);
    assert.equal(await decodeText(gzipSync(WINDOWS), "a.csv.gz"), TEXT);
    const { labels, examples } = await readDataset(WINDOWS, "a.csv", { onNote });
    assert.deepEqual([labels, examples[1].text], [["gut", "schlecht"], "“naïve” – 5 €"]);
    assert.equal(notes.length, 2);
  });
  test("UTF-16 is known by its byte-order mark, of either order", async () => {
    for (const order of ["le", "be"] as const) assert.equal(await decodeText(utf16(`\ufeff${TEXT}`, order), "a.csv"), TEXT);
    assert.equal(await decodeText(utf16(TEXT), "a.csv", { encoding: "utf-16" }), TEXT);
    await assert.rejects(decodeText(utf16(`\ufeff${TEXT}`).subarray(0, 21), "a.csv"), {
      code: "data/encoding",
      message: /expected UTF-16 text/,
    });
  });
  test("UTF-16 without a byte-order mark is known by its zero bytes, and said", async () => {
    for (const order of ["le", "be"] as const) {
      const notes: string[] = [];
      const onNote = (text: string) => notes.push(text);
      assert.equal(await decodeText(utf16(TEXT, order), "a.csv", { onNote }), TEXT);
      const note = "a.csv: read as UTF-16, as every other byte of it is mostly 0; give --encoding to say otherwise";
      assert.deepEqual(notes, [note]);
      assert.equal(await decodeText(utf16(TEXT, order), "a.csv", { encoding: "utf-16" }), TEXT);
      const pieces = await openTextRows(Readable.from([utf16(TEXT, order)]), "a.csv", { onNote });
      for await (const [first] of (await pieces.rows({ textColumn: "text" })).parts)
        assert.equal(first.text, "Das Café ist größer");
      assert.deepEqual(notes, [note, note]);
      await assert.rejects(indexRows([bytesSource(utf16(TEXT, order), "a.csv")]), {
        message: /got UTF-16\. Save the file as UTF-8/,
      });
      assert.deepEqual((await readForInspection(utf16(TEXT, order), "a.csv")).encodingGuessed, true);
    }
  });
  test("other text with zero bytes is not taken for UTF-16", () => {
    for (const text of ["\0\0\0\0", `plain text ${"with a zero byte \0 now and then".repeat(50)}`])
      assert.equal(utf16Order(new TextEncoder().encode(text)), undefined);
    assert.equal(utf16Order(utf16("日本語の文章です。")), undefined);
    assert.equal(utf16Order(new Uint8Array()), undefined);
  });
  test("a named encoding is taken without a word", async () => {
    const onNote = (text: string) => assert.fail(text);
    for (const encoding of ["windows-1252", "latin-1"] satisfies EncodingName[])
      assert.equal(await decodeText(WINDOWS, "a.csv", { encoding, onNote }), TEXT);
    await assert.rejects(decodeText(WINDOWS, "a.csv", { encoding: "utf-8" }), { code: "data/encoding", message: /^a\.csv:2: / });
  });
  test("what is no text in Latin letters is not guessed", async () => {
    const cyrillic = latin("\xcf\xf0\xe8\xe2\xe5\xf2 \xec\xe8\xf0, this is a test\n");
    const damaged = new Uint8Array([...new TextEncoder().encode("größer, schöner und süßer\n"), 0xc3, 10]);
    for (const bytes of [cyrillic, damaged, latin("caf\xe9\0"), latin("caf\x81 au lait")]) {
      assert.equal(looksLikeWindows1252(bytes), false);
      await assert.rejects(decodeText(bytes, "a.csv"), { code: "data/encoding", message: /--encoding windows-1252\.$/ });
    }
  });
  test("all bytes of windows-1252 are those of the WHATWG's table", () => {
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const text = decodeAs(all, "windows-1252");
    assert.equal(text.length, 256);
    assert.equal(text.slice(0x80, 0xa0), "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ");
    assert.equal(
      text.slice(0xa0),
      all.subarray(0xa0).reduce((sum, byte) => sum + String.fromCharCode(byte), ""),
    );
  });
});
