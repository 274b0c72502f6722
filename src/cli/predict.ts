import { type InputText, loadTexts, readTexts } from "../data/index-node.ts";
import { expectedGot } from "../errors/index.ts";
import { Classifier } from "../experiments/index-node.ts";
import { defineVerb } from "./verb.ts";

export const predict = defineVerb({
  name: "predict",
  summary: "classify lines or JSONL, from a file or a pipe, as JSONL",
  usage: "<model> [file] [options]",
  positionals: [
    { name: "model", help: "Folder that crisp train saved.", required: true },
    { name: "file", help: "Texts, one a line, or JSONL; left out, standard input." },
  ],
  options: {
    top_k: { type: "integer", unit: "labels", min: 1, default: 1, help: "Labels to print for each text, best first." },
    per_device_eval_batch_size: { type: "integer", unit: "examples", min: 1, default: 64, help: "Examples in a batch." },
  },
  examples: ['echo "where is my refund" | crisp predict tickets-model', "crisp predict tickets-model texts.jsonl > labels.jsonl"],
  async run({ options, output, positionals: [folder, file] }) {
    const model = await Classifier.load(folder);
    const texts = file === undefined ? await fromPipe() : await loadTexts(file);
    // In pieces, so that a long file gives its first answers soon and its results need no memory.
    const piece = 16 * options.perDeviceEvalBatchSize;
    for (let start = 0; start < texts.length; start += piece) {
      const part = texts.slice(start, start + piece);
      const encoded = part.map(({ text, pair }, index) => ({ index, label: -1, ...model.tokenizer.encode(text, pair) }));
      const { probabilities } = await model.evaluate(encoded, { batchSize: options.perDeviceEvalBatchSize });
      part.forEach(({ line, text, pair }, at) => {
        const ranked = model.rank(probabilities[at], options.topK);
        const [best] = ranked;
        const more = options.topK > 1 ? { labels: ranked } : {};
        output.data(
          JSON.stringify({ line, text, ...(pair === undefined ? {} : { pair }), label: best.label, score: best.score, ...more }),
        );
      });
    }
    return 0;
  },
});

async function fromPipe(): Promise<InputText[]> {
  if (process.stdin.isTTY) {
    const hint = 'Pipe texts in, for example: echo "some text" | crisp predict MODEL';
    throw expectedGot("cli/missing-argument", "crisp predict", "texts on standard input, or a file", "a terminal", hint);
  }
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return readTexts(new Uint8Array(Buffer.concat(chunks)), "stdin");
}
