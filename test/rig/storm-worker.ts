// A worker of the storm: does runs until none is left. Says `finished <arm> <seed>` for each that it recorded, and `resumed` for each
// that it took up behind a checkpoint.
import { argv } from "node:process";
import { openDatabase, sqlStore, workOnStudy } from "../../src/studies/index-node.ts";
import { stormStudy } from "./storm-study.ts";

const [url, checkpoints, runs, lostAfterSeconds] = argv.slice(2);
const database = await openDatabase({ url }, { onNote: (text) => console.error(text) });
const store = sqlStore(database, { checkpoints, lostAfterSeconds: Number(lostAfterSeconds), join: true });
await workOnStudy(stormStudy(Number(runs)), {
  store,
  onEvent(event) {
    if (event.type === "run-finished") console.log(`finished ${event.run.record.arm} ${event.run.record.seed}`);
    else if (event.type === "run" && event.event.type === "started" && event.event.resumedAt > 0) console.log("resumed");
  },
});
await database.close();
