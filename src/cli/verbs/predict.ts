import { Classifier } from "../../api/index-node.ts";
import { readTexts } from "../../data/index.ts";
import { IMAGE_NAME, imagesIn, isFolder, loadTexts } from "../../data/index-node.ts";
import { expectedGot } from "../../errors/index.ts";
import { type Device, readsTexts } from "../../runs/index.ts";
import { asTrained, columnOptions, sayAsked } from "../read-options.ts";
import { defineVerb } from "../verb.ts";
import { DEVICE_OPTION } from "./training-options.ts";

export const predict = defineVerb({
  name: "predict",
  summary: "classify lines or JSONL, from a file or a pipe, or images, as JSONL",
  usage: "<model> [file …] [options]",
  positionals: [
    { name: "model", help: "Folder that crisp train saved.", required: true },
    {
      name: "file",
      many: true,
      help: "Texts, one a line, or JSONL; left out, standard input. For a model of images: images or folders of them; left out, paths on standard input.",
    },
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
  examples: [
    'echo "where is my refund" | crisp predict tickets-model',
    "crisp predict tickets-model texts.jsonl > labels.jsonl",
    "crisp predict photos-model cat.jpg",
  ],
  async run({ options, output, positionals: [folder, ...files] }) {
    const device = options.device as Device | undefined;
    sayAsked(output, device);
    const model = await Classifier.load(folder, { device, onNote: (text) => output.note(text) });
    const batchSize = options.perDeviceEvalBatchSize;
    // In pieces, so that a long file gives its first answers soon and its results need no memory.
    const piece = 16 * batchSize;
    if (model.reads === "images") {
      const paths = await imagePaths(files);
      for (let start = 0; start < paths.length; start += piece) {
        const part = paths.slice(start, start + piece);
        const encoded = [];
        for (const path of part) encoded.push(await model.encodeImage(path));
        const { probabilities } = await model.evaluate(encoded, { batchSize });
        part.forEach((image, at) => {
          const said = model.answer(probabilities[at], {}, options.topK);
          output.data(JSON.stringify({ image, ...model.answers.printed(said, options.topK) }));
        });
      }
      return 0;
    }
    const { answers } = model;
    if (options.topK !== undefined && !answers.ranks) {
      const hint = "Leave --top_k out.";
      const rule = "a model that gives a text one of several labels";
      throw expectedGot("cli/bad-option", "--top_k", rule, model.config.task, hint);
    }
    const [file, another] = files;
    if (another !== undefined) throw expectedGot("cli/extra-argument", "crisp predict", "one file of texts", files.join(", "));
    if (file !== undefined && (isFolder(file) || IMAGE_NAME.test(file))) throw readsTexts(file, "images");
    const named = { ...columnOptions({ ...options, labelColumnName: undefined }), labelColumn: undefined };
    const bytes = file === undefined ? await fromPipe() : undefined;
    const texts = await asTrained(named, model.card, output, ({ textColumn, pairColumn }) => {
      const columns = { textColumn, pairColumn };
      return file === undefined ? readTexts(bytes!, "stdin", columns) : loadTexts(file, columns);
    });
    let cut = 0;
    for (let start = 0; start < texts.length; start += piece) {
      const part = texts.slice(start, start + piece);
      const encoded = part.map((input) => model.encodeText(input));
      cut += encoded.filter(({ truncated }) => truncated).length;
      const { probabilities } = await model.evaluate(encoded, { batchSize });
      part.forEach(({ line, text, pair }, at) => {
        const said = model.answer(probabilities[at], encoded[at], options.topK);
        output.data(JSON.stringify({ line, text, ...(pair !== undefined && { pair }), ...answers.printed(said, options.topK) }));
      });
    }
    if (cut > 0) {
      output.note(`${cut} of ${texts.length} texts were cut at the model's ${model.card.maxLength} tokens: ${answers.lost}`);
    }
    return 0;
  },
});

/** Images by path, all of a folder, or what standard input lists. */
async function imagePaths(files: readonly string[]): Promise<string[]> {
  if (files.length === 0) {
    const listed = new TextDecoder().decode(await fromPipe("paths of images", "ls *.jpg | crisp predict MODEL"));
    return listed.split(/\r?\n/).filter((path) => path.trim() !== "");
  }
  const paths: string[] = [];
  for (const file of files) paths.push(...(isFolder(file) ? await imagesIn(file) : [file]));
  return paths;
}

async function fromPipe(what = "texts", example = 'echo "some text" | crisp predict MODEL'): Promise<Uint8Array> {
  if (process.stdin.isTTY) {
    const hint = `Pipe ${what} in, for example: ${example}`;
    throw expectedGot("cli/missing-argument", "crisp predict", `${what} on standard input, or a file`, "a terminal", hint);
  }
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return new Uint8Array(Buffer.concat(chunks));
}
