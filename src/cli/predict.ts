import { loadTexts, readTexts } from "../data/index-node.ts";
import { expectedGot } from "../errors/index.ts";
import { Classifier, type Device, type Prediction } from "../experiments/index-node.ts";
import { asTrained, columnOptions, sayAsked } from "./read-options.ts";
import { DEVICE_OPTION } from "./training-options.ts";
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
    text_column_name: { type: "list", unit: "column[,column]", help: "Text column, or two for pairs; left out, as in training." },
    top_k: {
      type: "integer",
      unit: "labels",
      min: 1,
      help: "Labels to print for each text, best first; left out, one, or all that hold.",
    },
    device: DEVICE_OPTION,
    per_device_eval_batch_size: { type: "integer", unit: "examples", min: 1, default: 64, help: "Examples in a batch." },
  },
  examples: ['echo "where is my refund" | crisp predict tickets-model', "crisp predict tickets-model texts.jsonl > labels.jsonl"],
  async run({ options, output, positionals: [folder, file] }) {
    const device = options.device as Device | undefined;
    sayAsked(output, device);
    const model = await Classifier.load(folder, { device, onNote: (text) => output.note(text) });
    const named = { ...columnOptions({ ...options, labelColumnName: undefined }), labelColumn: undefined };
    const bytes = file === undefined ? await fromPipe() : undefined;
    const texts = await asTrained(named, model.card, ({ textColumn, pairColumn }) => {
      const columns = { textColumn, pairColumn };
      return file === undefined ? readTexts(bytes!, "stdin", columns) : loadTexts(file, columns);
    });
    const { task } = model.config;
    const several = task === "multi_label_classification" || task === "token_classification" || (options.topK ?? 1) > 1;
    const shown = (said: readonly Prediction[]): object => {
      if (task === "regression") return { score: said[0].score };
      if (task === "token_classification") return { words: said };
      return { ...(said.length > 0 && { label: said[0].label, score: said[0].score }), ...(several && { labels: said }) };
    };
    // In pieces, so that a long file gives its first answers soon and its results need no memory.
    const piece = 16 * options.perDeviceEvalBatchSize;
    for (let start = 0; start < texts.length; start += piece) {
      const part = texts.slice(start, start + piece);
      const encoded = part.map((input) => model.encodeText(input));
      const { probabilities } = await model.evaluate(encoded, { batchSize: options.perDeviceEvalBatchSize });
      part.forEach(({ line, text, pair }, at) => {
        const said = model.answer(probabilities[at], encoded[at], options.topK);
        output.data(JSON.stringify({ line, text, ...(pair !== undefined && { pair }), ...shown(said) }));
      });
    }
    return 0;
  },
});

async function fromPipe(): Promise<Uint8Array> {
  if (process.stdin.isTTY) {
    const hint = 'Pipe texts in, for example: echo "some text" | crisp predict MODEL';
    throw expectedGot("cli/missing-argument", "crisp predict", "texts on standard input, or a file", "a terminal", hint);
  }
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return new Uint8Array(Buffer.concat(chunks));
}
