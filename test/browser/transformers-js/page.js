// What a page needs to use a folder that Crisp saved: transformers.js's own file, its WebAssembly, and the folder, all from one place.
import { env, pipeline } from "./transformers.min.js";

env.allowLocalModels = true;
env.backends.onnx.wasm.wasmPaths = new URL("ort/", location.href).href; // left out, it is fetched from a network

/** Scores of all classes, batch by batch. */
globalThis.scoresOf = async (folder, batches, options) => {
  const classify = await pipeline("text-classification", folder, options);
  const scores = [];
  for (const batch of batches) scores.push(...(await classify(batch, { top_k: null })));
  await classify.dispose();
  return scores;
};
globalThis.ready = true;
