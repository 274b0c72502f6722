import type { Context } from "hono";
import { CrispError, expectedGot } from "../../../errors/index.ts";
import { fromSent } from "../../../runs/index.ts";
import { type App, HttpError, readJson } from "../../../server/index-node.ts";
import type { Metrics } from "./metrics.ts";
import type { Outcome } from "./model-messages.ts";
import { openApi } from "./open-api.ts";
import { page } from "./page.ts";
import { predictPath, type ServedModel } from "./served-model.ts";
import { checkLengths } from "./text-lengths.ts";

/** Those that need no token, as whoever watches a server has none. */
export const OPEN_PATHS = ["/healthz", "/readyz"] as const;
/** All of a server's that answers with models of these names, decoded, as requests are counted by them. */
export const pathsOf = (names: readonly string[]): ReadonlySet<string> =>
  new Set([
    "/",
    "/predict",
    "/models",
    ...names.map((name) => `/models/${name}/predict`),
    "/metrics",
    "/openapi.json",
    ...OPEN_PATHS,
  ]);

export interface Served {
  /** The first one answers at /predict too. */
  readonly models: readonly ServedModel[];
  readonly metrics: Metrics;
  /** Characters of one text. */
  readonly maxTextLength: number;
  /** Whether requests need a token. */
  readonly secured: boolean;
  /** False once the server is to stop. */
  ready(): boolean;
}

/** The endpoints of `crisp serve`. */
export function addRoutes(app: App, { models, metrics, maxTextLength, secured, ready }: Served): void {
  const description = openApi(models, secured);
  const predict = async (context: Context, { schemas, batcher }: ServedModel): Promise<Response> => {
    const inputs = await readJson(context, schemas.of);
    checkLengths(inputs, maxTextLength);
    const outcomes = await batcher.add(inputs, context.req.raw.signal);
    return context.json({ answers: outcomes.map((outcome, at) => answerOf(outcome, at, inputs.length)) });
  };
  app.post("/predict", (context) => predict(context, models[0]));
  app.post("/models/:name/predict", (context) => {
    const asked = context.req.param("name");
    const model = models.find(({ name }) => name === asked);
    if (model) return predict(context, model);
    const rule = `a model that GET /models lists, such as ${models[0].name}`;
    throw new HttpError(404, expectedGot("serve/no-model", "the path", rule, asked));
  });
  app.get("/models", (context) =>
    context.json({ models: models.map(({ name, facts: { task, reads } }) => ({ name, path: predictPath(name), task, reads })) }),
  );
  app.get("/healthz", (context) => context.text("ok\n"));
  app.get("/readyz", (context) => {
    if (ready()) return context.text("ok\n");
    throw new HttpError(503, expectedGot("serve/stopping", "the server", "to stay", "a signal to stop", "Ask another one."));
  });
  app.get("/metrics", async (context) => context.text(await metrics.text(), 200, { "Content-Type": metrics.contentType }));
  app.get("/openapi.json", (context) => context.json(description));
  app.get("/", (context) => {
    const url = `http://${context.req.header("host")}/`;
    return context.html(page(models, url, secured));
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
