import { addressOf, ask, checkSecrets, jsonNumber, type Server } from "./server.ts";
import type { BegunRun, Environment, Point, RunStatus, TrackedRun, Tracker, TrackerKind } from "./tracker.ts";

const API = "/api/2.0/mlflow";
/** Limits of one `log-batch`. */
const MOST_METRICS = 1000;
const MOST_PARAMS = 100;
/** Characters of a value; servers before 2.8 take no more. */
const MOST_VALUE = 500;
const STATUS: Readonly<Record<RunStatus, string>> = { finished: "FINISHED", failed: "FAILED", stopped: "KILLED" };

/**
 * MLflow's REST API 2.0. The variables mean what they mean in Python: `MLFLOW_TRACKING_URI`, `MLFLOW_EXPERIMENT_NAME`,
 * `MLFLOW_EXPERIMENT_ID`, `MLFLOW_TRACKING_USERNAME` and `_PASSWORD`, else `MLFLOW_TRACKING_TOKEN`.
 *
 * @see https://mlflow.org/docs/latest/api_reference/rest-api.html
 */
export const mlflow: TrackerKind = {
  isSetUp: ({ MLFLOW_TRACKING_URI }) => /^https?:/.test(MLFLOW_TRACKING_URI ?? ""),
  open: ({ env }) => new MlflowRun(serverOf(env), env),
};

function serverOf(env: Environment): Server {
  const hint = "Start one: mlflow server; then MLFLOW_TRACKING_URI=http://127.0.0.1:5000";
  const { url, userinfo } = addressOf("MLFLOW_TRACKING_URI", env.MLFLOW_TRACKING_URI, hint);
  const { MLFLOW_TRACKING_USERNAME: name, MLFLOW_TRACKING_PASSWORD: password, MLFLOW_TRACKING_TOKEN: token } = env;
  const basic = name && password ? `${name}:${password}` : userinfo;
  const authorization = basic !== undefined ? `Basic ${Buffer.from(basic).toString("base64")}` : token && `Bearer ${token}`;
  const denied = "Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN.";
  const server: Server = { tracker: "MLflow", url, denied, headers: authorization ? { Authorization: authorization } : {} };
  checkSecrets("MLFLOW_TRACKING_URI", server, env);
  return server;
}

interface RunAnswer {
  readonly info: { readonly run_id: string; readonly lifecycle_stage?: string };
  readonly data?: { readonly metrics?: readonly { readonly key: string; readonly step?: number | string }[] };
}

class MlflowRun implements Tracker {
  readonly #server: Server;
  readonly #env: Environment;
  #id: string | undefined;
  #params: readonly { readonly key: string; readonly value: string }[] = [];

  constructor(server: Server, env: Environment) {
    this.#server = server;
    this.#env = env;
  }

  async begin(run: TrackedRun, kept?: string): Promise<BegunRun> {
    const found = kept === undefined ? undefined : await this.#continued(kept);
    if (found) return found;
    this.#id ??= await this.#created(run);
    // with the first points, so that the id is known, and kept, as soon as there is a run
    this.#params = Object.entries(run.options).map(([key, value]) => ({ key, value: `${value}`.slice(0, MOST_VALUE) }));
    return { id: this.#id, logged: new Map() };
  }

  async log(points: readonly Point[]): Promise<void> {
    const run_id = this.#id;
    for (const params of pieces(this.#params, MOST_PARAMS)) await this.#ask("/runs/log-batch", { run_id, params });
    this.#params = [];
    const metrics = points.flatMap(({ step, time, metrics }) =>
      Object.entries(metrics).map(([key, value]) => ({ key, value: jsonNumber(value), timestamp: time, step })),
    );
    for (const some of pieces(metrics, MOST_METRICS)) await this.#ask("/runs/log-batch", { run_id, metrics: some });
  }

  async finish(status: RunStatus): Promise<void> {
    await this.#ask("/runs/update", { run_id: this.#id, status: STATUS[status], end_time: Date.now() });
  }

  async #continued(id: string): Promise<BegunRun | undefined> {
    const { status, body } = await this.#ask(`/runs/get?run_id=${encodeURIComponent(id)}`, undefined, [404]);
    const { info, data } = (body.run ?? {}) as Partial<RunAnswer>;
    if (status === 404 || info?.lifecycle_stage === "deleted") return undefined;
    await this.#ask("/runs/update", { run_id: id, status: "RUNNING" });
    this.#id = id;
    return { id, logged: new Map((data?.metrics ?? []).map(({ key, step }) => [key, Number(step ?? 0)])) };
  }

  async #created({ name, group, tags }: TrackedRun): Promise<string> {
    const all = { "mlflow.source.type": "LOCAL", "mlflow.source.name": "crisp", ...(group && { study: group }), ...tags };
    const { body } = await this.#ask("/runs/create", {
      experiment_id: await this.#experiment(),
      run_name: name,
      start_time: Date.now(),
      tags: Object.entries(all).map(([key, value]) => ({ key, value })),
    });
    return (body.run as RunAnswer).info.run_id;
  }

  async #experiment(): Promise<string> {
    const { MLFLOW_EXPERIMENT_NAME, MLFLOW_EXPERIMENT_ID } = this.#env;
    if (!MLFLOW_EXPERIMENT_NAME && MLFLOW_EXPERIMENT_ID) return MLFLOW_EXPERIMENT_ID;
    const name = MLFLOW_EXPERIMENT_NAME || "Default";
    const path = `/experiments/get-by-name?experiment_name=${encodeURIComponent(name)}`;
    const known = await this.#ask(path, undefined, [404]);
    if (known.status !== 404) return (known.body.experiment as { experiment_id: string }).experiment_id;
    // another run may make it at the same moment
    const made = await this.#ask("/experiments/create", { name }, [400]);
    if (made.status !== 400) return made.body.experiment_id as string;
    return ((await this.#ask(path)).body.experiment as { experiment_id: string }).experiment_id;
  }

  #ask(path: string, body?: unknown, allowed?: readonly number[]) {
    return ask(this.#server, `${API}${path}`, body, allowed);
  }
}

function* pieces<T>(all: readonly T[], most: number): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += most) yield all.slice(at, at + most);
}
