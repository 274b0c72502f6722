import { type CrispError, expectedGot, printedJson } from "../../errors/index.ts";
import type { Activation } from "./encoder-config.ts";

/** transformers' names of the same function. */
const activations: Readonly<Record<string, Activation>> = {
  gelu: "gelu",
  gelu_python: "gelu",
  gelu_new: "gelu_new",
  gelu_pytorch_tanh: "gelu_new",
  relu: "relu",
  silu: "silu",
  swish: "silu",
  tanh: "tanh",
};

/** Sizes and ids are int32 in graphs. */
const MOST = 2 ** 31 - 1;

/** Typed reading of a parsed `config.json`; an absent key and `null` mean the fallback, as in transformers. */
export class ConfigReader {
  readonly json: Readonly<Record<string, unknown>>;
  /** File name for messages. */
  readonly where: string;

  constructor(json: Readonly<Record<string, unknown>>, where: string) {
    [this.json, this.where] = [json, where];
  }

  has(key: string): boolean {
    return (this.json[key] ?? undefined) !== undefined;
  }

  /** @throws `config/type` for what is no whole number from `least` to `most`. */
  count(key: string, fallback: number, least = 1, most = MOST): number {
    const value = this.json[key] ?? fallback;
    if (!Number.isSafeInteger(value) || (value as number) < least)
      throw this.wrongType(key, `a whole number of at least ${least}`, value);
    if ((value as number) > most) throw this.wrongType(key, `at most ${most}`, value);
    return value as number;
  }

  number(key: string, fallback: number, rule: string, fits: (value: number) => boolean): number {
    const value = this.json[key] ?? fallback;
    if (typeof value !== "number" || !fits(value)) throw this.wrongType(key, rule, value);
    return value;
  }

  /** A number in [0, 1). */
  share(key: string, fallback: number): number {
    return this.number(key, fallback, "a number in [0, 1)", (p) => p >= 0 && p < 1);
  }

  /** A number above 0. */
  positive(key: string, fallback: number): number {
    return this.number(key, fallback, "a number above 0", (x) => x > 0 && x < Infinity);
  }

  flag(key: string, fallback = false): boolean {
    const value = this.json[key] ?? fallback;
    if (typeof value !== "boolean") throw this.wrongType(key, "true or false", value);
    return value;
  }

  text(key: string, fallback: string): string {
    const value = this.json[key] ?? fallback;
    if (typeof value !== "string") throw this.wrongType(key, "a text", value);
    return value;
  }

  /** @throws `config/unknown-activation`. */
  activation(key: string, fallback: Activation): Activation {
    const name = this.json[key] ?? fallback;
    if (typeof name !== "string" || !Object.hasOwn(activations, name)) {
      const rule = `${key} to be one of ${Object.keys(activations).join(", ")}`;
      throw expectedGot("config/unknown-activation", this.where, rule, printedJson(name));
    }
    return activations[name];
  }

  wrongType(key: string, rule: string, got: unknown): CrispError {
    // JSON has no text for an endless number
    return expectedGot("config/type", this.where, `${key} to be ${rule}`, typeof got === "number" ? got : printedJson(got));
  }

  /** For a setting that changes the computation, and that the graph does not compute. */
  unsupported(rule: string, got: unknown, hint?: string): CrispError {
    return expectedGot("config/unsupported", this.where, rule, typeof got === "string" ? got : printedJson(got), hint);
  }
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
