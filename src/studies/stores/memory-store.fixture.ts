import { type LoggedEvent, logLine, type RunLog } from "../../runs/index.ts";
import { idsOf, type KeptStudy, runName, type StoredRun, type StudyRun, type StudyStore, settleStudy } from "./store.ts";

/** A study in memory, as JSON, as a database would keep it: `open` a store on it again and again. */
export class MemoryStudy {
  kept: KeptStudy | undefined;
  readonly results = new Map<string, string>();
  readonly logs = new Map<string, string[]>();
  readonly claims = new Map<string, string>();

  store(): StudyStore {
    const { results, logs, claims } = this;
    let asked: readonly StudyRun[] = [];
    return {
      open: async (header) => {
        const kept = this.kept;
        this.kept = kept ? settleStudy("memory", kept, header, results.size > 0) : { plan: header.plan, ids: idsOf(header) };
        asked = header.runs;
        return this.kept.plan;
      },
      claim: async (worker) => {
        const free = asked.find((run) => !results.has(runName(run)) && !claims.has(runName(run)));
        if (free) claims.set(runName(free), worker);
        return free;
      },
      beat: async (run, worker) => claims.get(runName(run)) === worker,
      release: async (run, worker) => void (claims.get(runName(run)) === worker && claims.delete(runName(run))),
      othersAtWork: async () => false,
      finish: async (run, worker, result) => {
        if (claims.get(runName(run)) !== worker) return false;
        results.set(runName(run), JSON.stringify(result));
        return claims.delete(runName(run));
      },
      checkpoints: runName,
      log: (run) => memoryLog(logs, runName(run)),
      finished: async (of) =>
        (of?.runs ?? asked).flatMap((run) => {
          const text = this.kept?.ids[runName(run)] === run.id && results.get(runName(run));
          return text ? [JSON.parse(text) as StoredRun] : [];
        }),
      close: async () => claims.clear(),
    };
  }
}

function memoryLog(logs: Map<string, string[]>, name: string): RunLog {
  return {
    async append(...events) {
      await Promise.resolve();
      logs.set(name, [...(logs.get(name) ?? []), ...events.map((event) => logLine(event))]);
    },
    async *read() {
      for (const line of logs.get(name) ?? []) yield JSON.parse(line) as LoggedEvent;
    },
  };
}
