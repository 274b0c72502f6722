// Run in a process of its own with little memory: looks through a file, reads 100 batches, prints what that cost.

import type { Tokenizer } from "../tokenize/tokenizer.ts";
import { openStreamedDataset } from "./row-stream-node.ts";
import { streamBatches } from "./stream-batches.ts";

const resident = (): number => process.memoryUsage().rss / 1e6;
const started = resident();
const time = performance.now();
const dataset = await openStreamedDataset(process.argv[2], { heldOut: { seed: 1, maxRows: 1000 } });
const indexMs = performance.now() - time;
const encode = (text: string) => ({
  inputIds: Int32Array.from(text.split(" "), (word) => word.length),
  tokenTypeIds: new Int32Array(text.split(" ").length),
  truncated: false,
});
const tokenizer = { maxLength: 512, encode } as unknown as Tokenizer;
const batches = streamBatches({ dataset, tokenizer, batchSize: 32, seed: 1 });
let examples = 0;
for (let batch = 0; batch < 1000; batch += 10) {
  await batches.prepare(0, batch);
  examples += batches.batch(0, batch).length;
}
const { rows, bytes } = dataset;
const grownMB = Math.max(resident(), process.resourceUsage().maxRSS / 1e3) - started;
console.log(JSON.stringify({ rows, bytes, examples, indexMs, grownMB }));
await dataset.close();
