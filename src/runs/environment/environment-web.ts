import { CrispError } from "../../errors/index.ts";
import { createRuntime, type WebDevice } from "../../runtime/index-web.ts";
import { checkpointsInBrowser } from "../../training/index-web.ts";
import type { RunEnvironment } from "./environment.ts";

/** A browser's worker as a place to run in. */
export const webEnvironment: RunEnvironment = {
  createRuntime: ({ device = "auto", ...rest }) => createRuntime({ device: device as WebDevice, ...rest }),
  loadModel(path) {
    throw new CrispError(
      "model/no-folder",
      `${path}: expected the files of a model, as a browser reads no folders. Pass a map of them.`,
    );
  },
  openStream({ paths }) {
    throw new CrispError("data/unreadable", `${paths[0]}: expected a file in memory, as a browser reads no paths. Pass a Blob.`);
  },
  images: { open: noImages, decode: noImages },
  openCheckpoints: checkpointsInBrowser,
  cpuFeatures: () => "",
  memoryBytes: () => 0,
  availableBytes: () => undefined,
};

async function noImages(): Promise<never> {
  throw new CrispError("data/no-images", "images: expected Node, got a browser, where Crisp does not decode them yet.");
}
