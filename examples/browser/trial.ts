import { type ModelFiles, modelZip, type Prediction, type WebClassifier } from "crisp-attention";
import { byId, percent } from "./page.ts";

const MOST_LABELS = 8;

/** The part of the page where a trained model answers. */
export class Trial {
  readonly #section = byId("trial", HTMLElement);
  readonly #list = byId("predictions", HTMLElement);
  readonly #showError: (error: unknown) => void;
  #model: WebClassifier | undefined;

  constructor(showError: (error: unknown) => void) {
    this.#showError = showError;
    byId("ask", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      this.#predict().catch(showError);
    });
    byId("download", HTMLButtonElement).addEventListener("click", () => void this.#download().catch(this.#showError));
  }

  /** @param files - Of the same model: crisp.json says whether it takes pairs of texts. */
  async open(model: WebClassifier, files: ModelFiles): Promise<void> {
    this.close();
    this.#model = model;
    const card = files.get("crisp.json");
    const { columns } = card ? JSON.parse(await new Blob([card as BlobPart]).text()) : {};
    byId("pair", HTMLInputElement).hidden = columns?.pair === undefined;
    this.#section.hidden = false;
  }

  close(): void {
    this.#model?.close();
    this.#model = undefined;
    this.#section.hidden = true;
    this.#list.replaceChildren();
  }

  async #predict(): Promise<void> {
    const model = this.#model;
    const text = byId("text", HTMLInputElement).value.trim();
    if (!model || text === "") return;
    const pair = byId("pair", HTMLInputElement);
    const answers = await model.predict(pair.hidden ? text : { text, pair: pair.value }, { topK: MOST_LABELS });
    this.#list.replaceChildren(...answers.map(answerLine));
  }

  async #download(): Promise<void> {
    const zip = modelZip(await this.#model!.files());
    const url = URL.createObjectURL(new Blob([zip], { type: "application/zip" }));
    const link = document.createElement("a");
    link.href = url;
    link.download = "model.zip";
    link.click();
    // the download has begun once the click has been handled
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  }
}

function answerLine({ label, score }: Prediction): HTMLLIElement {
  const line = document.createElement("li");
  const name = document.createElement("span");
  name.textContent = label;
  const share = document.createElement("output");
  share.textContent = percent(score);
  share.dataset.score = String(score);
  const bar = document.createElement("div");
  bar.className = "bar";
  bar.setAttribute("aria-hidden", "true");
  const filled = document.createElement("i");
  filled.style.width = `${100 * score}%`;
  bar.append(filled);
  line.append(name, share, bar);
  return line;
}
