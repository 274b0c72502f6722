import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { contentHash, imageBytes, nodeImages } from "./image-reader-node.ts";
import { imagesLabelled, loadImages, splitOf } from "./load-images-node.ts";

const fixtures = fileURLToPath(new URL("../../../test/fixtures/data/", import.meta.url));
const work = mkdtempSync(join(tmpdir(), "crisp-load-images-"));
after(() => rmSync(work, { recursive: true }));

/** A folder of files, each a copy of one of the fixtures, by its place. */
function folderOf(name: string, files: Readonly<Record<string, string>>): string {
  for (const [place, source] of Object.entries(files)) {
    const path = join(work, name, place);
    mkdirSync(join(path, ".."), { recursive: true });
    copyFileSync(join(fixtures, "images", source), path);
  }
  return join(work, name);
}

describe("images of a folder", () => {
  test("stay on disk, as paths with the hash of their content", async () => {
    const folder = folderOf("one", { "cat/1.png": "up.png", "cat/2.png": "down.png", "dog/3.png": "up.png" });
    const { train, validation, test: last } = await loadImages([folder]);
    assert.deepEqual([train.name, train.labels, validation, last], ["one", ["cat", "dog"], undefined, undefined]);
    const [first, second, third] = train.examples;
    assert.deepEqual(first, {
      index: 0,
      text: join(folder, "cat", "1.png"),
      label: 0,
      image: { path: join(folder, "cat", "1.png"), hash: contentHash(await imageBytes(join(folder, "cat", "1.png"))) },
    });
    assert.deepEqual([third.index, third.label], [2, 1]);
    assert.equal(first.image!.hash, third.image!.hash);
    assert.notEqual(first.image!.hash, second.image!.hash);
  });

  test("come by split where there is a level of splits", async () => {
    const files = { "train/cat/1.png": "up.png", "train/dog/2.png": "down.png", "test/dog/3.png": "grey.png" };
    const splits = await loadImages([folderOf("levels", files)]);
    assert.deepEqual([splits.train.name, splits.test!.name], ["levels/train", "levels/test"]);
    assert.deepEqual(
      splits.test!.examples.map(({ index, label }) => [index, label]),
      [[0, 1]],
    );
    assert.equal(splitOf(splits, ["test", "validation"]), splits.test);
    assert.equal(splitOf(splits, ["validation"]), splits.train);
  });

  test("that are none are found before anything is trained", async () => {
    const folder = folderOf("page", { "cat/1.png": "up.png", "dog/2.png": "up.png" });
    writeFileSync(join(folder, "dog", "3.jpg"), "<html>Not found</html>");
    await assert.rejects(loadImages([folder]), {
      code: "data/bad-image",
      message: /3\.jpg: expected a PNG.*a file of another kind/,
    });
    await assert.rejects(loadImages([join(folder, "cat", "1.png")]), { code: "data/not-images", message: /got another file/ });
    await assert.rejects(loadImages([join(work, "none")]), { code: "data/not-images", message: /got no such file or folder/ });
  });
});

test("images of Parquet files are held as they are stored, over all files", async () => {
  const path = join(fixtures, "images.parquet");
  const { train: one } = await loadImages([path]);
  assert.ok(one.examples.length > 1 && one.columns !== undefined);
  for (const { image, text } of one.examples)
    assert.ok("bytes" in image! && image.hash === contentHash(image.bytes) && image.name === text);
  const { train: two } = await loadImages([path, path]);
  assert.deepEqual(
    two.examples.map(({ index }) => index),
    Array.from({ length: 2 * one.examples.length }, (_, at) => at),
  );
  assert.equal(await imagesLabelled(path), true);
  assert.equal(await imagesLabelled(join(fixtures, "pairs-none.parquet")), undefined);
});

test("an image is opened by path or by bytes", async () => {
  const path = join(fixtures, "images", "up.png");
  const [byPath, byBytes] = [await nodeImages.open(path), await nodeImages.open(await imageBytes(path))];
  assert.equal(byPath.hash, byBytes.hash);
  assert.deepEqual(await nodeImages.decode(byPath), await nodeImages.decode(byBytes));
  assert.deepEqual(await nodeImages.decode({ path, hash: byPath.hash }), await nodeImages.decode(byBytes));
  await assert.rejects(nodeImages.open(join(work, "none.png")), { code: "data/unreadable", message: /got no such file/ });
});
