import { demoEncoder, type ModelFiles, type Pattern, parsePattern } from "crisp-attention";
import { byId } from "./page.ts";
import type { ChosenColumns } from "./preview.ts";

/** What the form says, as plain data. */
export interface Settings {
  readonly model: "demo" | "hub" | "folder";
  /** Of an encoder on the Hub. */
  readonly hubName?: string;
  readonly pattern: string;
  /** Nominal, in [0, 1). */
  readonly sparsity: number;
  readonly device: "auto" | "webgpu" | "wasm";
  readonly epochs: number;
  readonly learningRate: number;
  /** Left out, as Crisp guesses them. */
  readonly columns?: ChosenColumns;
}

/** What suits a small encoder that learns from nothing, and a pretrained one. */
const PRETRAINED = { epochs: 3, rate: 2e-5 } as const;
const USUAL = { demo: { epochs: 10, rate: 2e-3 }, hub: PRETRAINED, folder: PRETRAINED } as const;

/** Checkpoints of the small encoder weigh nothing; a large model's, three times its weights, are written once an epoch. */
const SMALL_MODEL_SAVE_STEPS = 20;

const form = byId("setup", HTMLFormElement);
const fields = {
  pattern: byId("pattern", HTMLSelectElement),
  sparsity: byId("sparsity", HTMLInputElement),
  device: byId("device", HTMLSelectElement),
  epochs: byId("epochs", HTMLInputElement),
  rate: byId("rate", HTMLInputElement),
};

export function readSettings(): Settings {
  return {
    model: modelField().value as Settings["model"],
    pattern: fields.pattern.value,
    sparsity: fields.sparsity.valueAsNumber / 100,
    device: fields.device.value as Settings["device"],
    epochs: fields.epochs.valueAsNumber,
    learningRate: fields.rate.valueAsNumber,
  };
}

export function showSettings(settings: Settings): void {
  const usual = USUAL[settings.model];
  const { device, pattern } = settings;
  byId("advanced", HTMLDetailsElement).open =
    pattern !== "dense" || device !== "auto" || settings.epochs !== usual.epochs || settings.learningRate !== usual.rate;
  modelField().value = settings.model;
  fields.pattern.value = settings.pattern;
  fields.sparsity.value = String(Math.round(100 * settings.sparsity));
  fields.device.value = settings.device;
  fields.epochs.value = String(settings.epochs);
  fields.rate.value = String(settings.learningRate);
  follow();
}

/** The fields that hang on others follow them; `changed` hears of every change. */
export function watchSettings(changed: () => void): void {
  form.addEventListener("input", ({ target }) => {
    if ((target as HTMLInputElement).name === "model") {
      const { epochs, rate } = USUAL[readSettings().model];
      fields.epochs.value = String(epochs);
      fields.rate.value = String(rate);
    }
    follow();
    changed();
  });
  follow();
}

function follow(): void {
  const { model, pattern } = readSettings();
  byId("hub-field", HTMLElement).hidden = model !== "hub";
  byId("folder-field", HTMLElement).hidden = model !== "folder";
  fields.sparsity.disabled = pattern === "dense";
  byId("sparsity-shown", HTMLOutputElement).textContent = pattern === "dense" ? "none" : `${fields.sparsity.value} %`;
}

/**
 * The settings as `train` takes them.
 *
 * @param pretrained - Files of the encoder, where one was chosen.
 */
export function trainSettings(settings: Settings, pretrained: ModelFiles | undefined) {
  const small = settings.model === "demo";
  return {
    model: small ? demoEncoder() : pretrained!,
    attention: patternOf(settings),
    device: settings.device,
    numTrainEpochs: settings.epochs,
    learningRate: settings.learningRate,
    ...(settings.columns && { columns: settings.columns }),
    ...(small && { saveSteps: SMALL_MODEL_SAVE_STEPS }),
  };
}

function patternOf({ pattern, sparsity }: Settings): Pattern {
  return parsePattern(pattern === "dense" ? "dense" : `${pattern}(sparsity=${sparsity})`);
}

function modelField(): RadioNodeList {
  return form.elements.namedItem("model") as RadioNodeList;
}
