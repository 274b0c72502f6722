import { expectedGot } from "../../errors/index.ts";
import {
  type Adapter,
  adapterPart,
  baseHash,
  besideBase,
  type EncoderConfig,
  readPeft,
  type StoredModel,
  type StoredTensor,
  weightsFrom,
} from "../../models/index.ts";
import { onItsDevice } from "../../runs/index.ts";
import type { HostTensor, Runtime, Tensor } from "../../runtime/index.ts";

/** What a model with an adapter computes with. */
export interface Adapted {
  /** Adapters included. */
  readonly config: EncoderConfig;
  readonly weights: ReadonlyMap<string, Float32Array>;
  readonly adapter: Adapter;
}

/**
 * An encoder beside which several adapters are loaded. Its weights are held once, in memory and on a device, whatever number of
 * models computes with them; each adds its own matrices and its head.
 *
 * @example
 * const base = await Classifier.loadBase("models/minilm");
 * const [tickets, tone] = await Promise.all(["tickets-model", "tone-model"].map((folder) => Classifier.load(folder, { base })));
 */
export class AdapterBase {
  readonly #stored: StoredModel;
  readonly #createRuntime: () => Promise<Runtime>;
  readonly #tensors = new Map<string, StoredTensor>();
  #runtime: Promise<Runtime> | undefined;
  readonly #uploads = new Map<Float32Array, Promise<Tensor>>();
  readonly #hashes = new Map<string, Promise<string | undefined>>();
  readonly #own = new Set<Float32Array>();

  constructor(stored: StoredModel, createRuntime: () => Promise<Runtime>) {
    this.#stored = stored;
    this.#createRuntime = createRuntime;
    for (const [name, tensor] of stored.tensors) this.#tensors.set(name, this.#once(tensor));
  }

  /** One for all models: what is on a device belongs to the runtime that put it there. */
  createRuntime = (): Promise<Runtime> => {
    this.#runtime ??= this.#createRuntime();
    return this.#runtime;
  };

  /** As `onItsDevice`, the encoder's own once. */
  upload = async (runtime: Runtime, weights: Record<string, HostTensor>): Promise<Record<string, Tensor>> => {
    if (!runtime.memory) return weights;
    const entries = Object.entries(weights).map(async ([name, tensor]) => {
      const values = tensor.data as Float32Array;
      const put = async (): Promise<Tensor> => (await onItsDevice(runtime, { [name]: tensor }))[name];
      if (!this.#own.has(values)) return [name, await put()] as const;
      const uploaded = this.#uploads.get(values) ?? put();
      this.#uploads.set(values, uploaded);
      return [name, await uploaded] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  };

  /**
   * The model that an adapter makes of this encoder.
   *
   * @param config - Of the model, as its folder has it.
   * @param files - Those of its folder, by name.
   * @param where - For messages.
   * @throws `adapter/missing`, `adapter/unknown`; `adapter/other-base` for one that was trained beside another encoder;
   *   `weights/mismatch`.
   */
  async adapted(config: EncoderConfig, files: ReadonlyMap<string, Uint8Array>, where: string): Promise<Adapted> {
    const stored = readPeft(files, where);
    const both = besideBase(config, this.#tensors, stored);
    const { weights, fresh } = weightsFrom(both.config, both, {
      seed: 0,
      where: `${this.#stored.weightsFile} with ${where}/adapter`,
    });
    const hint = "Give the folder or repository that it was trained from; adapter_config.json may name it.";
    if (fresh.length > 0) {
      throw expectedGot(
        "adapter/other-base",
        where,
        "an encoder and an adapter with all tensors",
        `none for ${fresh.join(", ")}`,
        hint,
      );
    }
    if (stored.base !== undefined) {
      const found = await this.#hashOf([...weights].filter(([name]) => !stored.tensors.has(name) && !adapterPart(name)));
      if (found !== undefined && stored.base !== found) {
        const rule = `the encoder that the adapter was trained beside (${stored.base.slice(0, 12)}…)`;
        throw expectedGot("adapter/other-base", this.#stored.weightsFile, rule, `${found.slice(0, 12)}…`, hint);
      }
    }
    const own = [...weights].filter(([name]) => stored.tensors.has(name) || adapterPart(name));
    return { ...both, weights, adapter: { settings: stored.settings, weights: new Map(own), base: stored.base } };
  }

  /** Adapters of the same layers leave the same parameters as they are, whose hash is computed once. */
  #hashOf(beside: readonly (readonly [string, Float32Array])[]): Promise<string | undefined> {
    const names = beside.map(([name]) => name).join();
    const hash = this.#hashes.get(names) ?? baseHash(beside);
    this.#hashes.set(names, hash);
    return hash;
  }

  /** Its values are read, or widened, once. */
  #once(tensor: StoredTensor): StoredTensor {
    let values: Float32Array | undefined;
    return {
      ...tensor,
      data: () => {
        values ??= tensor.data();
        this.#own.add(values);
        return values;
      },
    };
  }
}
