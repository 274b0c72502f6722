import { createHash } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { downloadModel, hubSettings } from "../../src/hub/index-node.ts";
import { MODEL, noise, WEIGHT_BYTES } from "./hub-world.fixture.ts";
import { assertCacheIsRight, incompleteFiles } from "./right-cache.fixture.ts";

export interface FullDiskReport {
  readonly code: string;
  readonly message: string;
  readonly cached: string[];
  readonly incomplete: string[];
  /** What a second run has, with the disk emptied. */
  readonly after: string[];
}

const right = createHash("sha256").update(noise(WEIGHT_BYTES)).digest("hex");

/**
 * Download onto a small disk that something else fills in the middle of the weights, then again with room.
 *
 * @param home - HF_HOME; a disk of its own.
 */
async function downloadOntoFullDisk(home: string): Promise<FullDiskReport> {
  const cache = hubSettings().cacheFolder;
  const ballast = join(home, "ballast");
  let filled = false;
  const onProgress = ({ file, bytes }: { file: string; bytes: number }) => {
    if (file !== "model.safetensors" || bytes === 0 || filled) return;
    filled = true;
    try {
      writeFileSync(ballast, noise(2 ** 20));
    } catch {
      // that is the point: as much as there was room for
    }
  };
  const error = await downloadModel(MODEL, { onProgress }).then(
    () => new Error("it worked"),
    (error: Error & { code: string }) => error,
  );
  const [cached, incomplete] = [assertCacheIsRight(cache), incompleteFiles(cache, right)];
  rmSync(ballast);
  await downloadModel(MODEL);
  return {
    code: (error as { code?: string }).code ?? "",
    message: error.message,
    cached,
    incomplete,
    after: assertCacheIsRight(cache),
  };
}

if (process.argv[2] === "fill") console.log(JSON.stringify(await downloadOntoFullDisk(process.env.HF_HOME!)));
