// The step of bench/peers/step.ts in TensorFlow.js, on its backend `wasm`, `cpu` or `tensorflow` (tfjs-node).
//
// `wasm` lacks the kernel UnsortedSegmentSum, which the gradient of `gather` needs; here it is `scatterND`, which adds rows up.
// A product with a transposed side takes a plain loop on `wasm`, and the library's gradient of a product has one. `products` says how
// those of matrices are written: `plain`, by the library's `matMul`; `transposed`, with a gradient of our own that transposes first, so
// that all take XNNPACK. Those of attention are batched, and take the plain loop either way.
import { load, serve } from "./step-peer.mjs";

await serve(async (given, backend, products) => {
  const tf = load(backend === "tensorflow" ? "@tensorflow/tfjs-node" : "@tensorflow/tfjs");
  if (backend === "wasm") load("@tensorflow/tfjs-backend-wasm");
  if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js cannot start its backend ${backend}`);
  await tf.ready();

  const { batch: B, length: n, hiddenSize: D, heads: H, layers, layerNormEps, numLabels, adamw } = given;
  const d = D / H;
  const variables = new Map(
    given.parameters.map(({ name, shape, values }) => {
      const tensor = tf.tensor(values, shape);
      return [name, tf.variable(isMatrix(name) ? tensor.transpose() : tensor, true, name)];
    }),
  );
  const decaying = given.parameters.filter(({ decay }) => decay).map(({ name }) => variables.get(name));
  const of = (name) => variables.get(name);
  const ids = tf.tensor1d(given.inputIds, "int32");
  const labels = tf.oneHot(tf.tensor1d(given.labels, "int32"), numLabels).toFloat(); // [B, C]

  const rows = tf.customGrad((table) => ({
    value: tf.gather(table, ids),
    gradFunc: (dy) => tf.scatterND(ids.expandDims(1), dy, table.shape),
  }));
  const transposed = tf.customGrad((x, w, save) => {
    save([x, w]);
    const gradFunc = (dy, [x, w]) => [tf.matMul(dy, w.transpose()), tf.matMul(x.transpose(), dy)];
    return { value: tf.matMul(x, w), gradFunc };
  });
  const product = products === "transposed" ? transposed : (x, w) => tf.matMul(x, w);
  const linear = (x, name) => product(x, of(`${name}.weight`)).add(of(`${name}.bias`));
  const layerNorm = (x, name) => {
    const centred = x.sub(x.mean(-1, true));
    const scaled = centred.mul(centred.square().mean(-1, true).add(layerNormEps).rsqrt());
    return scaled.mul(of(`${name}.weight`)).add(of(`${name}.bias`));
  };
  const gelu = (x) => x.mul(0.5).mul(x.mul(Math.SQRT1_2).erf().add(1));
  const split = (x) => x.reshape([B, n, H, d]).transpose([0, 2, 1, 3]); // [T, D] → [B, H, n, d]

  function attention(x, name) {
    const [query, key, value] = ["query", "key", "value"].map((part) => split(linear(x, `${name}.self.${part}`)));
    const scores = tf.matMul(query, key, false, true).mul(1 / Math.sqrt(d)); // [B, H, n, n]
    const context = tf.matMul(tf.softmax(scores), value); // [B, H, n, d]
    return linear(context.transpose([0, 2, 1, 3]).reshape([B * n, D]), `${name}.output.dense`); // [T, D]
  }

  function layer(x, name) {
    const middle = layerNorm(attention(x, `${name}.attention`).add(x), `${name}.attention.output.LayerNorm`);
    const outer = linear(gelu(linear(middle, `${name}.intermediate.dense`)), `${name}.output.dense`);
    return layerNorm(outer.add(middle), `${name}.output.LayerNorm`); // [T, D]
  }

  function lossOf() {
    const table = (name) => of(`bert.embeddings.${name}_embeddings.weight`);
    const positions = table("position").slice([0, 0], [n, D]); // [n, D]
    const types = table("token_type").slice([0, 0], [1, D]); // every token is of the first text
    const words = rows(table("word")).reshape([B, n, D]);
    let x = layerNorm(
      words
        .add(positions)
        .add(types)
        .reshape([B * n, D]),
      "bert.embeddings.LayerNorm",
    ); // [T, D]
    for (let at = 0; at < layers; at++) x = layer(x, `bert.encoder.layer.${at}`);
    const first = x.reshape([B, n, D]).slice([0, 0, 0], [B, 1, D]).reshape([B, D]);
    const logits = linear(linear(first, "bert.pooler.dense").tanh(), "classifier"); // [B, C]
    return logits.logSumExp(-1).sub(logits.mul(labels).sum(-1)).mean(); // []
  }

  const optimiser = tf.train.adam(adamw.learningRate, adamw.beta1, adamw.beta2, adamw.epsilon);
  return {
    async step() {
      const [loss, norm] = tf.tidy(() => {
        const { value, grads } = tf.variableGrads(lossOf);
        const squares = Object.values(grads).map((gradient) => gradient.square().sum(-1).sum()); // float32: by rows, or small squares are lost
        const norm = tf.addN(squares).sqrt();
        const scale = tf.minimum(1, tf.div(adamw.maxGradNorm, norm.add(1e-6)));
        const clipped = Object.fromEntries(Object.entries(grads).map(([name, gradient]) => [name, gradient.mul(scale)]));
        for (const weight of decaying) weight.assign(weight.mul(1 - adamw.learningRate * adamw.weightDecay));
        optimiser.applyGradients(clipped);
        return [value, norm];
      });
      const [[lossValue], [normValue]] = await Promise.all([loss.data(), norm.data()]);
      tf.dispose([loss, norm]);
      return { loss: lossValue, norm: normValue };
    },
  };
});

/** Weights of linear layers, which TensorFlow.js has as [in, out]. */
function isMatrix(name) {
  return name.endsWith(".weight") && !name.includes("LayerNorm") && !name.includes("_embeddings");
}
