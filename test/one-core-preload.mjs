// Loaded by `node --import` before anything of Crisp: models this small are trained on one core, since threads that wait for each other
// spin, which costs as much again as the training.
import { syncBuiltinESMExports } from "node:module";
import os from "node:os";

os.availableParallelism = () => 1;
syncBuiltinESMExports();
