import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { openStreamedDataset } from "./row-stream-node.ts";
import { watchedSource } from "./watched-source-node.ts";

const root = mkdtempSync(join(tmpdir(), "crisp-watched-"));
after(() => rmSync(root, { recursive: true, force: true }));
let files = 0;
const fileOf = (bytes: Uint8Array | string): string => {
  const path = join(root, `${files++}.csv`);
  writeFileSync(path, bytes);
  return path;
};
/** Several segments, none like another. */
const content = Uint8Array.from({ length: 300_000 }, (_, at) => (at * 31 + (at >> 8)) & 255);

/** Change a byte in place, the modification time too or as it was. */
function edit(path: string, at: number, keepTime = false): void {
  const bytes = readFileSync(path);
  bytes[at] ^= 1;
  writeFileSync(path, bytes);
  if (keepTime) utimesSync(path, 1, 1);
}

describe("watchedSource", () => {
  test("gives every range as it is, however often and from wherever", async () => {
    const source = await watchedSource(fileOf(content));
    for (const [start, end] of [
      [0, 4],
      [65_530, 65_540],
      [0, 300_000],
      [299_999, 300_000],
      [131_072, 196_608],
      [5, 5],
    ])
      assert.deepEqual(await source.read(start, end), content.slice(start, end));
    await source.close();
  });
  test("refuses bytes that are others than before, also with the old size and time, and no others", async () => {
    const path = fileOf(content);
    utimesSync(path, 1, 1);
    const source = await watchedSource(path);
    await source.read(0, 300_000);
    edit(path, 70_000, true);
    await source.read(0, 60_000);
    await assert.rejects(source.read(66_000, 66_001), {
      code: "data/changed",
      message: /others from byte 65536 on\. The data changed/,
    });
    await source.close();
  });
  test("refuses a file that became longer or shorter; one that was but touched is the same", async () => {
    for (const change of [(path: string) => appendFileSync(path, "x"), (path: string) => truncateSync(path, 9)]) {
      const path = fileOf(content);
      const source = await watchedSource(path);
      await source.read(0, 9);
      utimesSync(path, 1, 1);
      await source.read(0, 9);
      change(path);
      await assert.rejects(source.read(0, 9), { code: "data/changed", message: /expected 300000 bytes, as when it was opened/ });
      await source.close();
    }
  });
  test("its fingerprint is that of the whole file, whatever was read of it before", async () => {
    const [one, other] = [await watchedSource(fileOf(content)), await watchedSource(fileOf(content))];
    await one.read(100_000, 100_001);
    assert.equal(await one.fingerprint(), await other.fingerprint());
    const path = fileOf(content);
    edit(path, 299_999);
    const edited = await watchedSource(path);
    assert.notEqual(await edited.fingerprint(), await one.fingerprint());
    for (const source of [one, other, edited]) await source.close();
  });
});

describe("a streamed dataset", () => {
  const rows = (word: string): string =>
    `text,label\n${Array.from({ length: 4000 }, (_, at) => `${at === 3000 ? word : "good"} film number ${at},${at % 2}`).join("\n")}\n`;

  test("refuses a block whose text was edited in place: as many rows, as many bytes", async () => {
    const path = fileOf(rows("fine"));
    const dataset = await openStreamedDataset(path);
    await dataset.read(11);
    writeFileSync(path, rows("poor"));
    await assert.rejects(dataset.read(11), { code: "data/changed" });
    await dataset.close();
  });
  test("has a fingerprint of its content: an edit that leaves rows, labels and size as they are changes it", async () => {
    const [before, same, after] = await Promise.all(
      ["fine", "fine", "poor"].map((word) => openStreamedDataset(fileOf(rows(word)))),
    );
    assert.equal(same.fingerprint, before.fingerprint);
    assert.notEqual(after.fingerprint, before.fingerprint);
    for (const dataset of [before, same, after]) await dataset.close();
  });
});
