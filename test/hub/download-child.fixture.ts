import { downloadModel } from "../../src/hub/index-node.ts";
import { MODEL } from "./hub-world.fixture.ts";

export type FromChild = { type: "bytes"; file: string; bytes: number } | { type: "done"; folder: string; notes: string[] };

// Forked with HF_HOME and HF_ENDPOINT in its environment; imported by the test, it does nothing.
if (process.send && process.argv[2] === "download") {
  const notes: string[] = [];
  const folder = await downloadModel(MODEL, {
    onProgress: ({ file, bytes }) => process.send!({ type: "bytes", file, bytes } satisfies FromChild),
    onNote: (text) => notes.push(text),
  });
  process.send({ type: "done", folder, notes } satisfies FromChild, undefined, undefined, () => process.disconnect());
}
