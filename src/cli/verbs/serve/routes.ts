import { CrispError, expectedGot } from "../../../errors/index.ts";
import { fromSent } from "../../../runs/index.ts";
import { type App, HttpError, readJson } from "../../../server/index-node.ts";
import type { Batcher } from "./batcher.ts";
import type { Metrics } from "./metrics.ts";
import type { ModelFacts, Outcome, ServedInput } from "./model-messages.ts";
import { openApi } from "./open-api.ts";
import { page } from "./page.ts";
import type { Schemas } from "./schemas.ts";
import { checkLengths } from "./text-lengths.ts";

/** Those that need no token, as whoever watches a server has none. */
export const OPEN_PATHS = ["/healthz", "/readyz"] as const;
/** All of the server's. */
export const PATHS: ReadonlySet<string> = new Set(["/", "/predict", "/metrics", "/openapi.json", ...OPEN_PATHS]);

export interface Served {
  /** Of the model, for people. */
  readonly name: string;
  readonly facts: ModelFacts;
  readonly schemas: Schemas;
  readonly batcher: Batcher<ServedInput, Outcome>;
  readonly metrics: Metrics;
  /** Characters of one text. */
  readonly maxTextLength: number;
  /** Whether requests need a token. */
  readonly secured: boolean;
  /** False once the server is to stop. */
  ready(): boolean;
}

/** The endpoints of `crisp serve`. */
export function addRoutes(app: App, { name, facts, schemas, batcher, metrics, maxTextLength, secured, ready }: Served): void {
  const description = openApi(name, schemas, secured);
  app.post("/predict", async (context) => {
    const inputs = await readJson(context, schemas.of);
    checkLengths(inputs, maxTextLength);
    const outcomes = await batcher.add(inputs, context.req.raw.signal);
    return context.json({ answers: outcomes.map((outcome, at) => answerOf(outcome, at, inputs.length)) });
  });
  app.get("/healthz", (context) => context.text("ok\n"));
  app.get("/readyz", (context) => {
    if (ready()) return context.text("ok\n");
    throw new HttpError(503, expectedGot("serve/stopping", "the server", "to stay", "a signal to stop", "Ask another one."));
  });
  app.get("/metrics", async (context) => context.text(await metrics.text(), 200, { "Content-Type": metrics.contentType }));
  app.get("/openapi.json", (context) => context.json(description));
  app.get("/", (context) => {
    const url = `http://${context.req.header("host")}/`;
    return context.html(page(name, url, facts, schemas.examples[0], secured));
  });
}

/** @throws HttpError 422 with the error of an input, and its place where there are several; 500 where the model failed. */
function answerOf(outcome: Outcome, at: number, of: number): object {
  if (!("error" in outcome)) return { ...outcome.answer, ...(outcome.truncated && { truncated: true }) };
  const error = fromSent(outcome.error);
  if (!(error instanceof CrispError)) throw error;
  if (!outcome.ofInput) throw new HttpError(500, error);
  throw new HttpError(422, of === 1 ? error : new CrispError(error.code, `[${at}] ${error.message}`, { ...error.details }));
}
