import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { crc32 } from "node:zlib";
import { decodeImage, loadImage } from "./decode-image-node.ts";
import { loadImageFolder } from "./image-folder-node.ts";
import { imagePixels, pixelSettings } from "./pixels.ts";
import { BICUBIC, BILINEAR, resizeImage } from "./resize.ts";

const folder = fileURLToPath(new URL("../../../test/fixtures/data/images/", import.meta.url));
interface Case {
  readonly file: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly shape: readonly number[];
  readonly values: readonly number[];
}
const cases: Case[] = JSON.parse(readFileSync(join(folder, "pixels.json"), "utf8"));

describe("pixels are those of transformers' ViTImageProcessor, element by element", () => {
  for (const { file, config, shape, values } of cases) {
    const { height, width } = config.size as { height: number; width: number };
    test(`${file} to ${config.do_resize ? `${height} × ${width}` : "its own size"}, filter ${config.resample}`, async () => {
      const image = await loadImage(join(folder, file));
      const pixels = imagePixels(image, pixelSettings(config));
      assert.equal(
        pixels.length,
        shape.reduce((product, edge) => product * edge),
      );
      let most = 0;
      values.forEach((value, at) => {
        most = Math.max(most, Math.abs(pixels[at] - value));
      });
      // JPEG decoders may round differently by one step of 255.
      const step = (config.rescale_factor as number) / Math.min(...(config.image_std as number[]));
      assert.ok(most <= (file.endsWith(".jpg") ? 2 * step : 1e-6), `off by ${most}, ${most / step} steps`);
    });
  }
});

test("resizing follows Pillow's triangle: a step becomes a ramp, and shrinking averages", () => {
  const step = { width: 2, height: 1, data: Uint8Array.of(0, 0, 0, 200, 100, 50) };
  const wide = resizeImage(step, 1, 4, BILINEAR);
  assert.deepEqual(
    [...wide.data].filter((_, at) => at % 3 === 0),
    [0, 50, 150, 200],
  );
  const one = resizeImage({ width: 3, height: 3, data: new Uint8Array(27).fill(77) }, 1, 1, BICUBIC);
  assert.deepEqual([...one.data], [77, 77, 77]);
  assert.equal(resizeImage(step, 1, 2, BILINEAR).data, step.data);
});

describe("settings", () => {
  test("what the file leaves out has transformers' defaults", () => {
    assert.deepEqual(pixelSettings({}), {
      size: [224, 224],
      filter: 2,
      rescaleFactor: 1 / 255,
      mean: [0.5, 0.5, 0.5],
      std: [0.5, 0.5, 0.5],
    });
    assert.deepEqual(pixelSettings({ size: 32 }).size, [32, 32]);
    const off = pixelSettings({ do_resize: false, do_normalize: false, do_rescale: false, resample: 0 });
    assert.deepEqual(off, { filter: 2, rescaleFactor: 1, mean: [0, 0, 0], std: [1, 1, 1] });
  });
  test("what is not followed is refused by name", () => {
    const refused: [Record<string, unknown>, RegExp][] = [
      [{ do_center_crop: true }, /^preprocessor_config\.json do_center_crop: expected false, got true\. Use a model/],
      [{ do_pad: true }, /do_pad: expected false/],
      [{ size: { shortest_edge: 224 } }, /size: expected height and width in pixels, at most 4096, got \{"shortest_edge":224\}/],
      [{ size: { height: 1e9, width: 2 } }, /size/],
      [{ resample: 1 }, /resample: expected 2 \(bilinear\) or 3 \(bicubic\), got 1/],
      [{ image_std: [1, 0, 1] }, /image_std: expected three numbers/],
      [{ image_mean: [1, 2] }, /image_mean/],
      [{ do_resize: "yes" }, /do_resize: expected true or false, got "yes"/],
    ];
    for (const [config, message] of refused) assert.throws(() => pixelSettings(config), { code: "data/preprocessor", message });
  });
});

describe("decoding", () => {
  const load = (name: string) => readFile(join(folder, name));
  test("EXIF turns an image unless told not to", async () => {
    const bytes = await load("turned.jpg");
    const turned = await decodeImage(bytes, "turned.jpg");
    assert.deepEqual([turned.width, turned.height], [16, 24]);
    const stored = await decodeImage(bytes, "turned.jpg", { turn: false });
    assert.deepEqual([stored.width, stored.height], [24, 16]);
  });
  test("damaged, cut off, empty and other files are one clear error", async () => {
    for (const name of ["down.png", "photo.jpg", "few.gif", "exact.webp", "true.bmp", "palette.bmp"]) {
      const bytes = new Uint8Array(await load(name));
      await assert.rejects(decodeImage(bytes.subarray(0, bytes.length >> 1), name), { code: "data/bad-image" }, name);
    }
    await assert.rejects(decodeImage(new Uint8Array(), "a.png"), { code: "data/bad-image", message: /got an empty file/ });
    const svg = new TextEncoder().encode("<svg xmlns='http://www.w3.org/2000/svg' width='4' height='4'/>");
    await assert.rejects(decodeImage(svg, "a.png"), {
      code: "data/bad-image",
      message: "a.png: expected a PNG, JPEG, WebP, GIF or BMP image, got a file of another kind. Remove or replace the file.",
    });
    await assert.rejects(loadImage(join(folder, "none.png")), { code: "data/unreadable" });
  });
  test("an image of more than 50 million pixels is refused by its header, however small its file", async () => {
    const png = new Uint8Array(await load("down.png"));
    // IHDR: width at byte 16, its check sum behind its 17 bytes
    const view = new DataView(png.buffer, png.byteOffset);
    view.setUint32(16, 10_000);
    view.setUint32(20, 5_001);
    view.setUint32(29, crc32(png.subarray(12, 29)));
    const bmp = new Uint8Array(await load("true.bmp"));
    new DataView(bmp.buffer, bmp.byteOffset).setInt32(18, 10_000, true);
    new DataView(bmp.buffer, bmp.byteOffset).setInt32(22, -5_001, true);
    for (const [name, bytes] of [["a.png", png] as const, ["a.bmp", bmp] as const])
      await assert.rejects(decodeImage(bytes, name), {
        code: "data/bad-image",
        message: `${name}: expected an image of at most 50 million pixels, got 10000 × 5001. Scale it down.`,
      });
  });
});

describe("folders of images", () => {
  const inFolder = async (files: readonly string[], check: (root: string) => Promise<void>): Promise<void> => {
    const root = await mkdtemp(join(tmpdir(), "crisp-images-"));
    try {
      for (const file of files) {
        if (file.endsWith("/")) await mkdir(join(root, file), { recursive: true });
        else {
          await mkdir(join(root, file, ".."), { recursive: true });
          await writeFile(join(root, file), file.includes("hollow") ? "" : "x");
        }
      }
      await check(root);
    } finally {
      await rm(root, { recursive: true });
    }
  };

  test("classes are folders, sorted as labels are, and images sorted by path", async () => {
    const files = ["10/b.png", "9/a.JPG", "10/a.webp", "9/deep/c.gif", "9/notes.txt", ".git/x.png", "9/._a.jpg"];
    await inFolder(files, async (root) => {
      const { labels, train, validation } = await loadImageFolder(root);
      assert.deepEqual(labels, ["9", "10"]);
      assert.equal(validation, undefined);
      assert.deepEqual(
        train.map(({ path, label }) => [path.slice(root.length + 1).replaceAll("\\", "/"), label]),
        [
          ["10/a.webp", 1],
          ["10/b.png", 1],
          ["9/a.JPG", 0],
          ["9/deep/c.gif", 0],
        ],
      );
    });
  });
  test("a level of splits above is known by its names", async () => {
    await inFolder(["train/cat/1.png", "train/dog/2.bmp", "val/dog/3.png", "test/cat/4.jpeg"], async (root) => {
      const { labels, train, validation, test: last } = await loadImageFolder(root);
      assert.deepEqual(labels, ["cat", "dog"]);
      assert.deepEqual(
        [train, validation, last].map((images) => images?.map(({ label }) => label)),
        [[0, 1], [1], [0]],
      );
    });
    await inFolder(["train/cat/1.png", "train/dog/2.png", "val/owl/3.png"], async (root) => {
      await assert.rejects(loadImageFolder(root), { code: "data/unknown-label", message: /training \(cat, dog\), got "owl"/ });
    });
    await inFolder(["train/cat/1.png", "train/dog/2.png", "val/cat/3.png", "dev/cat/3.png"], async (root) => {
      await assert.rejects(loadImageFolder(root), { code: "data/split" });
    });
    await inFolder(["train/1.png", "station/2.png"], async (root) => {
      assert.deepEqual((await loadImageFolder(root)).labels, ["station", "train"]);
      assert.deepEqual(
        (await loadImageFolder(root, { labels: ["train", "station"] })).train.map(({ label }) => label),
        [1, 0],
      );
    });
  });
  test("what is missing or empty is named", async () => {
    const refused: [readonly string[], string, RegExp][] = [
      [[], "data/empty", /a folder of images for each class, got an empty folder/],
      [["1.png", "2.png"], "data/empty", /got 2 images beside each other\. Make folders/],
      [["cat/1.png", "dog/"], "data/empty", /dog: expected at least one image \(jpg, .*\), got an empty folder/],
      [["cat/1.png", "dog/a.tiff"], "data/empty", /got 1 file of another kind, such as a\.tiff/],
      [["cat/1.png"], "data/one-class", /got images that are all of "cat"/],
      [["cat/1.png", "dog/hollow.png"], "data/bad-image", /hollow\.png: expected an image, got an empty file/],
    ];
    for (const [files, code, message] of refused)
      await inFolder(files, (root) => assert.rejects(loadImageFolder(root), { code, message }));
    await assert.rejects(loadImageFolder(join(folder, "none")), { code: "data/unreadable", message: /got no such folder/ });
  });
});
