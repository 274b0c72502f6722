import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseEncoderConfig } from "../config/config.ts";
import { families } from "../families/families.ts";
import { parameterSpecs } from "../initialise.ts";
import { freeze } from "./freeze.ts";

const specsOf = (family: string, layers = 3) =>
  parameterSpecs(
    parseEncoderConfig({
      ...{ model_type: family, num_hidden_layers: layers, n_layers: layers, hidden_size: 24, dim: 24, num_attention_heads: 2 },
      ...{ n_heads: 2, intermediate_size: 48, hidden_dim: 48, embedding_size: 12, image_size: 8, patch_size: 4 },
    }),
  );
const frozenOf = (specs: ReturnType<typeof specsOf>, ...places: string[]): string[] =>
  freeze(specs, places).flatMap(({ name, trainable }) => (trainable ? [] : [name]));

describe("freeze", () => {
  for (const family of Object.keys(families)) {
    test(`${family}: embeddings, layers and the rest of the encoder are told apart, and no head is frozen`, () => {
      const specs = specsOf(family);
      const shared = !specs.some(({ name }) => /layers?\.1\./.test(name));
      const [embeddings, layers, all] = [["embeddings"], [shared ? "0" : "0-2"], ["encoder"]].map((places) =>
        frozenOf(specs, ...places),
      );
      assert.ok(embeddings.length >= 2 && embeddings.every((name) => name.includes("embedding")));
      assert.ok(layers.length >= 10 && layers.every((name) => /layers?\.\d/.test(name)));
      assert.deepEqual(
        embeddings.filter((name) => layers.includes(name)),
        [],
      );
      assert.deepEqual(
        [...embeddings, ...layers].filter((name) => !all.includes(name)),
        [],
      );
      const trained = specs.map(({ name }) => name).filter((name) => !all.includes(name));
      assert.ok(trained.some((name) => name.startsWith("classifier.")));
      assert.ok(
        trained.every((name) => /^(?:classifier|pre_classifier|head|pooler)\./.test(name)),
        trained.join(" "),
      );
      // beside these, an encoder has a last normalisation, a pooler, or a bias that its layers share
      assert.ok(all.length - embeddings.length - layers.length <= 2);
    });
  }
  test("takes single layers and ranges, and leaves the others", () => {
    const layer = (name: string) => Number(/layer\.(\d+)/.exec(name)?.[1] ?? -1);
    const frozen = frozenOf(specsOf("bert", 12), "0-1", "11").map(layer);
    assert.deepEqual([...new Set(frozen)], [0, 1, 11]);
    assert.equal(frozenOf(specsOf("bert"), ...[]).length, 0);
  });
  test("what was constant stays constant", () => {
    const [first, ...rest] = specsOf("bert");
    assert.ok(frozenOf([{ ...first, trainable: false }, ...rest], "2").includes(first.name));
  });
  test("refuses what is no place, a layer that is not there, and a model of which nothing is left", () => {
    const specs = specsOf("bert");
    const rule = /freeze: expected embeddings, encoder, or layers from 0 to 2, such as 0-1, got/;
    for (const place of ["", "head", "layer.0", "3", "0-3", "2-1", "-1", "1e9", "0-99999999999"]) {
      assert.throws(() => freeze(specs, [place]), { code: "training/bad-option", message: rule }, place);
    }
    const body = specs.filter(({ name }) => name.startsWith("bert."));
    assert.throws(() => freeze(body, ["encoder"]), {
      code: "training/bad-option",
      message: /something left to train, got encoder/,
    });
    // ALBERT's layers are one set of weights
    assert.throws(() => freeze(specsOf("albert"), ["1"]), { message: /layers from 0 to 0, such as 0, got 1/ });
  });
});
