import { CrispError } from "crisp-attention";
import { byId } from "./page.ts";

/** Where on the page an error belongs: the section, and the field to go back to. */
const PLACES = {
  data: { section: "data-section", field: "data" },
  model: { section: "model-section", field: "folder" },
  hub: { section: "hub-field", field: "hub-name" },
  settings: { section: "training-section", field: "epochs" },
  saved: { section: "saved-section", field: "saved" },
  start: { section: "start-section", field: "start" },
} as const;

export type Place = keyof typeof PLACES;

/** Show an error in the section that it is about, bring it into view, and mark the field. */
export function showError(error: unknown, place: Place = placeOf(error)): void {
  hideError();
  const { section, field } = PLACES[place];
  const box = byId("error", HTMLElement);
  const within = byId(section, HTMLElement);
  within.closest("details")?.setAttribute("open", "");
  within.append(box);
  box.textContent = error instanceof Error ? error.message : String(error);
  box.hidden = false;
  const input = byId(field, HTMLElement);
  input.setAttribute("aria-invalid", "true");
  input.setAttribute("aria-describedby", "error");
  box.focus({ preventScroll: true });
  box.scrollIntoView({ block: "center" });
}

export function hideError(): void {
  byId("error", HTMLElement).hidden = true;
  for (const field of document.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  }
}

/** An error's code begins with what it is about. */
const ABOUT: Readonly<Record<string, Place>> = {
  ...{ hub: "hub", data: "data", training: "settings", pattern: "settings" },
  ...{ model: "model", config: "model", safetensors: "model", tokenizer: "model", zip: "model", file: "model" },
};

const placeOf = (error: unknown): Place => (error instanceof CrispError && ABOUT[error.code.split("/")[0]]) || "start";
