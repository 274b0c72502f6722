// The step of bench/peers/step.ts in jax-js, compiled as a whole by its `jit`.
//
// jax-js cannot differentiate `gather`, so that word embeddings are a product with a one-hot matrix, made before the first step.
// Its functions consume their arguments: `x.ref` keeps x for one more use.
import { load, serve } from "./step-peer.mjs";

await serve(async (given, backend) => {
  const jax = load("@jax-js/jax");
  const { numpy: np, nn, tree } = jax;
  await jax.init(backend);
  jax.defaultDevice(backend);

  const { batch: B, length: n, hiddenSize: D, heads: H, layers, layerNormEps, vocabSize, numLabels, adamw } = given;
  const d = D / H;
  const array = (values, shape) => np.array(values, { shape });
  const oneHot = (ids, size) => {
    const values = new Float32Array(ids.length * size);
    for (const [row, id] of ids.entries()) values[row * size + id] = 1;
    return array(values, [ids.length, size]);
  };
  const [words, labels] = [oneHot(given.inputIds, vocabSize), oneHot(given.labels, numLabels)]; // [T, V], [B, C]

  const linear = (x, p, name) => np.matmul(x, np.transpose(p[`${name}.weight`])).add(p[`${name}.bias`]);
  const layerNorm = (x, p, name) => {
    const centred = x.ref.sub(np.mean(x, -1, { keepdims: true }));
    const variance = np.mean(np.square(centred.ref), -1, { keepdims: true });
    return centred
      .div(np.sqrt(variance.add(layerNormEps)))
      .mul(p[`${name}.weight`])
      .add(p[`${name}.bias`]);
  };
  const split = (x) => np.transpose(x.reshape([B, n, H, d]), [0, 2, 1, 3]); // [T, D] → [B, H, n, d]

  function attention(x, p, name) {
    const [query, key, value] = ["query", "key", "value"].map((part) => split(linear(x.ref, p, `${name}.self.${part}`)));
    x.dispose();
    const scores = np.matmul(query, np.transpose(key, [0, 1, 3, 2])).mul(1 / Math.sqrt(d)); // [B, H, n, n]
    const context = np.matmul(nn.softmax(scores), value); // [B, H, n, d]
    return linear(np.transpose(context, [0, 2, 1, 3]).reshape([B * n, D]), p, `${name}.output.dense`); // [T, D]
  }

  function layer(x, p, name) {
    const middle = layerNorm(attention(x.ref, p, `${name}.attention`).add(x), p, `${name}.attention.output.LayerNorm`);
    const inner = nn.gelu(linear(middle.ref, p, `${name}.intermediate.dense`), { approximate: false });
    return layerNorm(linear(inner, p, `${name}.output.dense`).add(middle), p, `${name}.output.LayerNorm`); // [T, D]
  }

  function lossOf(p, words, labels) {
    const table = (name) => p[`bert.embeddings.${name}_embeddings.weight`];
    const positions = table("position").slice([0, n]); // [n, D]
    const types = table("token_type").slice([0, 1]); // every token is of the first text
    const embedded = np.matmul(words, table("word")).reshape([B, n, D]).add(positions).add(types);
    let x = layerNorm(embedded.reshape([B * n, D]), p, "bert.embeddings.LayerNorm"); // [T, D]
    for (let at = 0; at < layers; at++) x = layer(x, p, `bert.encoder.layer.${at}`);
    const first = x.reshape([B, n, D]).slice([], 0); // [B, D]
    const logits = linear(np.tanh(linear(first, p, "bert.pooler.dense")), p, "classifier"); // [B, C]
    return nn
      .logSoftmax(logits)
      .mul(labels)
      .sum()
      .mul(-1 / B); // []
  }

  const names = given.parameters.map(({ name }) => name);
  const decays = new Map(given.parameters.map(({ name, decay }) => [name, decay]));
  const each = (make) => Object.fromEntries(names.map((name) => [name, make(name)]));

  /** `rate` is the learning rate over 1 − β₁ᵗ, `spread` 1 / √(1 − β₂ᵗ). */
  const train = jax.jit((p, m, v, words, labels, rate, spread) => {
    const [loss, gradients] = jax.valueAndGrad(lossOf)(tree.ref(p), words, labels);
    const norm = np.sqrt(names.map((name) => np.square(gradients[name].ref).sum(-1).sum()).reduce((a, b) => a.add(b)));
    const scale = np.minimum(np.reciprocal(norm.ref.add(1e-6)).mul(adamw.maxGradNorm), 1);
    const clipped = each((name) => gradients[name].mul(scale.ref));
    const newM = each((name) => m[name].mul(adamw.beta1).add(clipped[name].ref.mul(1 - adamw.beta1)));
    const newV = each((name) => v[name].mul(adamw.beta2).add(np.square(clipped[name]).mul(1 - adamw.beta2)));
    const newP = each((name) => {
      const kept = 1 - (decays.get(name) ? adamw.learningRate * adamw.weightDecay : 0);
      const direction = newM[name].ref.div(np.sqrt(newV[name].ref).mul(spread.ref).add(adamw.epsilon));
      return p[name].mul(kept).sub(direction.mul(rate.ref));
    });
    for (const used of [scale, rate, spread]) used.dispose();
    return [newP, newM, newV, loss, norm];
  });

  const shapes = new Map(given.parameters.map(({ name, shape }) => [name, shape]));
  let p = Object.fromEntries(given.parameters.map(({ name, shape, values }) => [name, array(values, shape)]));
  let [m, v] = [each((name) => np.zeros(shapes.get(name))), each((name) => np.zeros(shapes.get(name)))];
  let done = 0;
  return {
    async step() {
      done++;
      const rate = np.array(adamw.learningRate / (1 - adamw.beta1 ** done));
      const spread = np.array(1 / Math.sqrt(1 - adamw.beta2 ** done));
      let [loss, norm] = [];
      [p, m, v, loss, norm] = train(p, m, v, words.ref, labels.ref, rate, spread);
      // all kernels hang on each output: waiting for one first saves jax-js to go through them for every array, four times as long
      const [[lossValue], [normValue]] = [await loss.data(), await norm.data()];
      await jax.blockUntilReady([p, m, v]);
      return { loss: lossValue, norm: normValue };
    },
  };
});
