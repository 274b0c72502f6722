// What a page does with adapters: it trains them in a worker, and loads several beside one encoder.
import { loadBase, loadModel, train } from "crisp-attention";

const bytes = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());
const filesOf = async (folder, names) =>
  new Map(await Promise.all(names.map(async (name) => [name, await bytes(`${folder}/${name}`)])));
const WEIGHTS = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"];

/**
 * Train each of `settings` beside one encoder, and ask what each becomes: as it was trained, with the merged weights of its files, and with
 * its adapter over the base that all share.
 */
globalThis.trainAll = async (base, data, settings, texts) => {
  const model = await filesOf(base, WEIGHTS);
  const table = new File([await bytes(data)], data);
  const done = [];
  for (const each of settings) {
    const start = performance.now();
    const run = train({ data: table, model, device: "wasm", preset: "huggingface", ...each });
    const losses = [];
    for await (const event of run) if (event.type === "step") losses.push(event.loss);
    const { model: trained, metrics } = await run.result;
    const seconds = (performance.now() - start) / 1000;
    const files = await trained.files();
    const asTrained = await trained.predict(texts, { topK: 2 });
    await trained.close();
    const whole = await loadModel(files);
    const merged = await whole.predict(texts, { topK: 2 });
    await whole.close();
    done.push({ seconds, losses, accuracy: metrics.accuracy, files, answers: { trained: asTrained, merged } });
  }
  const shared = await loadBase(model);
  const models = await Promise.all(
    done.map(({ files }) => shared.load(new Map([...files].filter(([name]) => name !== "model.safetensors")))),
  );
  const beside = await Promise.all(models.map((each) => each.predict(texts, { topK: 2 })));
  if (models.length > 1) await models[0].close();
  const again = await models.at(-1).predict(texts, { topK: 2 });
  await shared.close();
  return done.map(({ files, answers, ...rest }, at) => ({
    ...rest,
    files: [...files.keys()],
    answers: { ...answers, beside: beside[at], ...(at === models.length - 1 && { again }) },
  }));
};
