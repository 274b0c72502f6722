import { expectedGot } from "../errors/index.ts";
import { addressOf, ask, checkSecrets, jsonNumber, type Server } from "./server.ts";
import type { BegunRun, Environment, Point, TrackedRun, Tracker, TrackerKind } from "./tracker.ts";

/**
 * A Trackio server that somebody runs, by `trackio show`, over the HTTP API of its own clients. The variables mean what they mean in
 * Python: `TRACKIO_SERVER_URL`, `TRACKIO_WRITE_TOKEN` or the URL's `write_token`, and `TRACKIO_PROJECT_NAME`.
 *
 * @see https://huggingface.co/docs/trackio/self_hosted_server
 */
export const trackio: TrackerKind = {
  isSetUp: ({ TRACKIO_SERVER_URL }) => Boolean(TRACKIO_SERVER_URL),
  open: ({ env }) => new TrackioRun(serverOf(env), env.TRACKIO_PROJECT_NAME || env.TRACKIO_PROJECT || "crisp"),
};

function serverOf(env: Environment): Server {
  const hint = "Start one: trackio show; then TRACKIO_SERVER_URL='<the address that it prints, with write_token>'";
  const { url, query } = addressOf("TRACKIO_SERVER_URL", env.TRACKIO_SERVER_URL, hint);
  const token = query.get("write_token") || env.TRACKIO_WRITE_TOKEN;
  if (!token) throw expectedGot("tracker/no-token", "TRACKIO_WRITE_TOKEN", "the server's write token", "nothing", hint);
  const headers = { "X-Trackio-Write-Token": token };
  const server: Server = { tracker: "Trackio", url, headers, denied: "Set TRACKIO_WRITE_TOKEN to what trackio show prints." };
  checkSecrets("TRACKIO_SERVER_URL", server, env);
  return server;
}

class TrackioRun implements Tracker {
  readonly #server: Server;
  readonly #project: string;
  #run: TrackedRun | undefined;
  #id: string | undefined;
  /** The server takes it with the first points. */
  #config: Readonly<Record<string, unknown>> | undefined;

  constructor(server: Server, project: string) {
    this.#server = server;
    this.#project = project;
  }

  async begin(run: TrackedRun, kept?: string): Promise<BegunRun> {
    this.#run = run;
    this.#id ??= kept ?? crypto.randomUUID().replaceAll("-", "");
    const { options, tags, group } = run;
    this.#config = { ...options, ...tags, _Created: new Date().toISOString(), _Group: group ?? null };
    // a point that the server has, by its log_id, is not taken again
    return { id: this.#id, logged: new Map() };
  }

  async log(points: readonly Point[]): Promise<void> {
    const logs = points.map(({ step, metrics }, at) => ({
      project: this.#project,
      run: this.#run!.name,
      run_id: this.#id,
      metrics: Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, jsonNumber(value)])),
      step,
      config: at === 0 ? this.#config : null,
      log_id: `${this.#id}-${step}-${Object.keys(metrics).sort().join(",")}`,
    }));
    const { body } = await ask(this.#server, "/api/bulk_log", { args: [], kwargs: { logs, hf_token: null } });
    if (typeof body.error === "string")
      throw expectedGot("tracker/answer", "Trackio", `an answer from ${this.#server.url}`, body.error.slice(0, 200));
  }

  async finish(): Promise<void> {
    // Trackio keeps no status of runs
  }
}
