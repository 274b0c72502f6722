import { CrispError, cachedHubModel, findHubModel, forgetHubModel, type HubModel, type ModelFiles } from "crisp-attention";
import { hideError, showError } from "./error-box.ts";
import { byId } from "./page.ts";

/** Set when the page is built: vite.config.ts. */
declare const HF_ENDPOINT: string;
const place = { endpoint: HF_ENDPOINT };
const NAMED = `Its size is asked of ${new URL(HF_ENDPOINT).host} first.`;

/** What the field is at; each shows buttons of its own. */
type State = "named" | "finding" | "found" | "downloading" | "ready";

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 1e6 ? 2 : 1)} MB`;

/** The part of the page that loads an encoder from the Hugging Face Hub: it is looked up, its size is said, then it is downloaded. */
export class HubEncoder {
  readonly #name = byId("hub-name", HTMLInputElement);
  readonly #find = byId("hub-find", HTMLButtonElement);
  readonly #download = byId("hub-download", HTMLButtonElement);
  readonly #cancel = byId("hub-cancel", HTMLButtonElement);
  readonly #forget = byId("hub-forget", HTMLButtonElement);
  readonly #bar = byId("hub-progress", HTMLProgressElement);
  readonly #status = byId("hub-status", HTMLElement);
  readonly #changed: () => void;
  #found: HubModel | undefined;
  #files: ModelFiles | undefined;
  /** Of what is under way. */
  #work = new AbortController();

  /** @param changed - Hears that there is another encoder. */
  constructor(changed: () => void) {
    this.#changed = changed;
    this.#show("named", NAMED);
    this.#find.addEventListener("click", () => void this.#guarded(() => this.#lookUp()));
    this.#download.addEventListener("click", () => void this.#guarded(() => this.#load()));
    this.#cancel.addEventListener("click", () => this.#work.abort());
    this.#forget.addEventListener("click", () => void this.#guarded(() => this.#remove()));
    this.#name.addEventListener("input", () => void this.#guarded(() => this.open(this.name)));
    this.#name.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      // not the button that starts the training
      event.preventDefault();
      if (!this.#find.hidden) this.#find.click();
    });
  }

  get name(): string {
    return this.#name.value.trim();
  }

  /** Of the encoder that is ready. */
  get files(): ModelFiles | undefined {
    return this.#files;
  }

  /** Another name: ready where the browser has kept it, without any request. */
  async open(name: string): Promise<void> {
    this.#work.abort();
    this.#work = new AbortController();
    if (name !== this.name) this.#name.value = name;
    hideError();
    this.#found = undefined;
    this.#files = undefined;
    this.#show("named", NAMED);
    this.#changed();
    const kept = await cachedHubModel(name, place).catch((error: unknown) => {
      // half a name is typed; the look-up says what is wrong with a whole one
      if (error instanceof CrispError) return undefined;
      throw error;
    });
    if (kept && name === this.name) this.#ready(kept);
  }

  async #lookUp(): Promise<void> {
    const { signal } = this.#begin("finding", "Asking …");
    const found = await findHubModel(this.name, { ...place, signal });
    signal.throwIfAborted();
    const { id, bytes, family, layers, hiddenSize, reads } = found;
    if (reads !== "texts")
      throw new CrispError("hub/no-text", `${id}: expected an encoder of texts, got one of ${reads}. Choose another.`);
    this.#found = found;
    this.#download.textContent = `Download ${megabytes(bytes)}`;
    this.#show("found", `${family} with ${layers} ${layers === 1 ? "layer" : "layers"}, ${hiddenSize} wide.`);
  }

  async #load(): Promise<void> {
    const { signal } = this.#begin("downloading", "");
    let shownAt = 0;
    const files = await this.#found!.download({
      signal,
      onProgress: ({ allBytes, allTotalBytes }) => {
        this.#bar.value = allBytes / allTotalBytes;
        const now = performance.now();
        // a number that changes faster cannot be read
        if (now - shownAt < 100) return;
        shownAt = now;
        this.#status.textContent = `${megabytes(allBytes)} of ${megabytes(allTotalBytes)}`;
      },
    });
    signal.throwIfAborted();
    this.#ready(files);
  }

  async #remove(): Promise<void> {
    await forgetHubModel(this.name, place);
    await this.open(this.name);
  }

  #ready(files: ModelFiles): void {
    this.#files = files;
    const bytes = [...files.values()].reduce(
      (sum, content) => sum + (content instanceof Blob ? content.size : content.length),
      0,
    );
    this.#show("ready", `Ready: ${megabytes(bytes)}, kept in this browser.`);
    this.#changed();
  }

  #begin(state: State, text: string): AbortController {
    hideError();
    this.#bar.value = 0;
    this.#work = new AbortController();
    this.#show(state, text);
    return this.#work;
  }

  #show(state: State, text: string): void {
    this.#find.hidden = state !== "named";
    this.#download.hidden = state !== "found";
    this.#cancel.hidden = state !== "finding" && state !== "downloading";
    this.#bar.hidden = state !== "downloading";
    this.#forget.hidden = state !== "ready";
    this.#status.textContent = text;
  }

  /** What fails or is cancelled leaves the field as it was before the click. */
  async #guarded(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      const cancelled = error instanceof DOMException && error.name === "AbortError";
      // by another name, whose state is shown
      if (cancelled && !this.#work.signal.aborted) return;
      this.#show(this.#found ? "found" : "named", cancelled ? "Cancelled; nothing was kept." : "");
      if (cancelled) return;
      if (!(error instanceof CrispError)) console.error(error);
      showError(error, "hub");
    }
  }
}
