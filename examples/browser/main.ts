import {
  CrispError,
  deleteCheckpoints,
  loadModel,
  type ModelFiles,
  readModelZip,
  type TrainingRun,
  train,
} from "crisp-attention";
import { hideError, type Place, showError } from "./error-box.ts";
import { exampleData } from "./example-data.ts";
import { HubEncoder } from "./hub.ts";
import { hideMistakes, showMistakes } from "./mistakes.ts";
import { byId } from "./page.ts";
import { type ChosenColumns, Preview } from "./preview.ts";
import { Progress } from "./progress.ts";
import { forget, keep, kept, type RunState } from "./session.ts";
import { readSettings, type Settings, showSettings, trainSettings, watchSettings } from "./settings.ts";
import { Trial } from "./trial.ts";

const start = byId("start", HTMLButtonElement);
const stop = byId("stop", HTMLButtonElement);
const goOn = byId("continue", HTMLButtonElement);
const progress = new Progress();
const trial = new Trial((error) => showError(error));
// other columns are another run, as other settings are
const preview = new Preview(() => void (goOn.hidden = true));
const hub = new HubEncoder(() => void (goOn.hidden = true));

/** Fails where the file that was chosen cannot be read. */
let chosen: Promise<File> | undefined;
let folder: ModelFiles | undefined;
/** Of the run that continues; undefined while none does. */
let running: AbortController | undefined;

byId("data", HTMLInputElement).addEventListener("change", ({ target }) => {
  const file = (target as HTMLInputElement).files?.[0];
  if (file) void guarded(() => chooseData(file), "data");
});
byId("example", HTMLButtonElement).addEventListener("click", () => void guarded(() => chooseData(exampleData()), "data"));
byId("folder", HTMLInputElement).addEventListener("change", ({ target }) => chooseFolder((target as HTMLInputElement).files!));
byId("folder-zip", HTMLInputElement).addEventListener("change", ({ target }) => {
  const file = (target as HTMLInputElement).files?.[0];
  if (file) void guarded(() => chooseZip(file), "model");
});
byId("saved", HTMLInputElement).addEventListener("change", ({ target }) => {
  const file = (target as HTMLInputElement).files?.[0];
  if (file) void guarded(() => openZip(file), "saved");
});
byId("setup", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  void guarded(startAfresh);
});
stop.addEventListener("click", () => running?.abort());
goOn.addEventListener("click", () => void guarded(continueStopped));
// other settings are another run: only the one that was stopped can continue
watchSettings(() => void (goOn.hidden = true));
acceptDrops(byId("drop", HTMLElement));
void guarded(restore);

async function chooseData(file: File, columns?: ChosenColumns): Promise<void> {
  byId("data-chosen", HTMLElement).textContent = `${file.name}, ${Math.max(1, Math.round(file.size / 1000))} kB.`;
  goOn.hidden = true;
  hideError();
  chosen = preview.open(file, columns).then(() => file);
  await chosen;
}

function chooseFolder(files: FileList): void {
  const all = [...files].map((file) => [file.webkitRelativePath.split("/").slice(1).join("/"), file] as const);
  showFolder(new Map(all.filter(([path]) => !path.includes("/"))));
  hideError();
}

async function chooseZip(file: File): Promise<void> {
  hideError();
  showFolder(readModelZip(new Uint8Array(await file.arrayBuffer()), file.name));
}

function showFolder(files: ModelFiles): void {
  folder = files;
  byId("folder-chosen", HTMLElement).textContent = files.size === 0 ? "An empty folder." : [...files.keys()].join(", ");
}

function acceptDrops(area: HTMLElement): void {
  const over = (is: boolean) => (event: DragEvent) => {
    event.preventDefault();
    area.classList.toggle("over", is);
  };
  area.addEventListener("dragover", over(true));
  area.addEventListener("dragleave", over(false));
  area.addEventListener("drop", (event) => {
    over(false)(event);
    const file = event.dataTransfer?.files[0];
    if (file) void guarded(() => chooseData(file), "data");
  });
}

async function startAfresh(): Promise<void> {
  // what an earlier run came to would look like the answer to this click
  progress.hide();
  const data = await chosen;
  const settings = { ...readSettings(), hubName: hub.name, columns: preview.columns() };
  if (!data) return showError("Choose a file of labelled texts first, or use the example data.", "data");
  if (settings.model === "folder" && !folder) return showError("Choose the encoder's folder or zip first.", "model");
  if (settings.model === "hub" && !hub.files)
    return showError("Look the encoder up and download it first, or choose another model.", "hub");
  await keep("settings", settings);
  await keep("data", data);
  await (settings.model === "folder" && folder ? keep("folder", folder) : forget("folder"));
  await forget("trained");
  const checkpoints = `crisp-example-${Date.now()}`;
  await follow(settings, data, { checkpoints, state: "training", loss: [], accuracy: [] });
}

/** What a reload finds: a run that it cut short continues by itself; a trained model can be tried. */
async function restore(): Promise<void> {
  const [settings, file, files, run, trained] = await Promise.all([
    kept("settings"),
    kept("data"),
    kept("folder"),
    kept("run"),
    kept("trained"),
  ]);
  if (settings) showSettings(settings);
  if (file) await chooseData(file, settings?.columns);
  if (files) showFolder(files);
  await hub.open(settings?.hubName ?? hub.name);
  goOn.hidden = run?.state !== "stopped";
  if (settings && file && run?.state === "training") await follow(settings, file, run);
  else if (trained) await trial.open(await loadModel(trained), trained);
}

async function continueStopped(): Promise<void> {
  const [settings, file, run] = await Promise.all([kept("settings"), kept("data"), kept("run")]);
  if (settings && file && run) await follow(settings, file, { ...run, state: "training" });
}

async function follow(settings: Settings, file: File, state: RunState): Promise<void> {
  if (settings.model === "hub" && !hub.files)
    return showError(
      `${settings.hubName} is in this browser no longer. Download it again, then reload this page to go on.`,
      "hub",
    );
  await keep("run", state);
  running = new AbortController();
  trial.close();
  hideMistakes();
  showRunning(true);
  progress.begin(state);
  try {
    const run = train({
      data: file,
      ...trainSettings(settings, settings.model === "hub" ? hub.files : folder),
      checkpoints: state.checkpoints,
      signal: running.signal,
    });
    await watch(run, state);
  } catch (error) {
    // the same would fail again after a reload
    await forget("run");
    progress.hide();
    throw error;
  } finally {
    running = undefined;
    showRunning(false);
  }
}

async function watch(run: TrainingRun, state: RunState): Promise<void> {
  for await (const event of run) {
    progress.show(event);
    if (event.type === "saved") await keep("run", { ...state, ...progress.curves() });
  }
  const result = await run.result;
  if (!result) {
    await keep("run", { ...state, ...progress.curves(), state: "stopped" });
    progress.stopped();
    goOn.hidden = false;
    return;
  }
  progress.finished(result);
  showMistakes(result);
  const files = await result.model.files();
  await keep("trained", files);
  await forget("run");
  await deleteCheckpoints(state.checkpoints);
  await trial.open(result.model, files);
}

async function openZip(file: File): Promise<void> {
  hideError();
  const files = readModelZip(new Uint8Array(await file.arrayBuffer()), file.name);
  await trial.open(await loadModel(files), files);
}

function showRunning(is: boolean): void {
  start.disabled = is;
  stop.hidden = !is;
  goOn.hidden = true;
  if (is) hideError();
}

/** Errors are shown in words; the console gets those that nobody foresaw. */
async function guarded(act: () => Promise<void>, place?: Place): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof CrispError)) console.error(error);
    showError(error, place);
  }
}
