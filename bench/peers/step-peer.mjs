// A peer's end of bench/peers/step.ts: reads what is given, says that it is ready, and takes a step for each line of stdin.
// Plain JavaScript, so that a peer may run on an older Node.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** Loads a package from the peer's folder, which is the working directory. */
export const load = createRequire(join(process.cwd(), "package.json"));

const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);
console.log = console.info = console.error; // libraries greet on stdout

/**
 * @param create - Takes the given shape, batch, settings and `parameters` (`name`, `shape`, `decay`, `values`), the backend's name and how products are
 *   written.
 * @returns With `version`, `threads` and `step()`, which gives `loss` and `norm`.
 */
export async function serve(create) {
  const [folder, backend, products] = process.argv.slice(2);
  try {
    const { step } = await create(readGiven(folder), backend, products);
    say({ ready: true });
    for await (const _ of createInterface({ input: process.stdin })) {
      const before = process.cpuUsage();
      const { loss, norm } = await step();
      const { user, system } = process.cpuUsage(before);
      say({ loss, norm, cpuMs: (user + system) / 1000 });
    }
  } catch (error) {
    say({ error: String(error.stack ?? error).slice(0, 1500) });
  }
}

function readGiven(folder) {
  const given = JSON.parse(readFileSync(join(folder, "given.json"), "utf8"));
  const bytes = new Uint8Array(readFileSync(join(folder, "weights.f32")));
  const weights = new Float32Array(bytes.buffer);
  let at = 0;
  const parameters = given.parameters.map((parameter) => {
    const size = parameter.shape.reduce((a, b) => a * b, 1);
    at += size;
    return { ...parameter, values: weights.slice(at - size, at) };
  });
  return { ...given, parameters };
}
