import type { Html } from "../../../report/index.ts";
import type { RunState } from "../live/run-state.ts";
import type { PageParts } from "../pages/layout.ts";
import type { Answers } from "../read-answers.ts";
import type { RunSettings } from "../read-settings.ts";

/** Which run it is. */
export interface RunName {
  /** As addresses name it. */
  readonly path: string;
  /** For people. */
  readonly name: string;
  /** The study that it is a run of, by its path; absent of a training. */
  readonly study?: { readonly path: string };
}

/** A run as it stands. */
export interface ShownRun {
  readonly place: RunName;
  readonly state: RunState;
  readonly settings: RunSettings;
}

/** What else the page of a run shows. */
export interface RunExtras {
  /** How the page follows a run that goes on; undefined: nothing more will come. */
  readonly follow?: Pick<PageParts, "events" | "again">;
  readonly answers?: Answers;
  /** Why there are none. */
  readonly noAnswers?: string;
  /** Of a study's run without texts: counted from its result, [C][C], row = true class. */
  readonly confusion?: readonly (readonly number[])[];
  /** Whether it has a `report.html`, and is a finished model. */
  readonly report: boolean;
  readonly model: boolean;
  /** What can be asked of the run. */
  readonly actions: Html;
  /** What is not kept of it, and where it can be seen. */
  readonly notes: readonly Html[];
}

/** Runs as pages show them, wherever they live; a run is named by the path in its page's address. */
export interface RunSource {
  /** @throws HttpError 404 `ui/not-found`, 503 `database/unreachable`. */
  read(path: string): Promise<ShownRun>;
  /** @throws As `read`. */
  view(path: string): Promise<ShownRun & RunExtras>;
}
