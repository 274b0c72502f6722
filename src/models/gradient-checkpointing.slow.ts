import { checkpointingContract } from "./gradient-checkpointing.contract.ts";

await checkpointingContract((family, attention) => attention !== "block, gathered" && family !== "bert");
