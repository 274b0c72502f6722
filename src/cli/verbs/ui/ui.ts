import { SERVER_OPTIONS, untilStopped } from "../../serving/server-options.ts";
import { DATABASE_OPTIONS, sharedDatabase } from "../../study/stores.ts";
import { startUi } from "../../ui/start-ui.ts";
import { defineVerb, type OptionTable } from "../../verb.ts";

const OPTIONS = {
  port: { ...SERVER_OPTIONS.port, default: 0, help: "Port to listen on; left out, any free one." },
  database: {
    ...DATABASE_OPTIONS.database,
    help: "Show the studies in this PostgreSQL, too: postgres://user@host/name.",
  },
} as const satisfies OptionTable;

export const ui = defineVerb({
  name: "ui",
  summary: "show runs and studies below a folder in a browser, live, and try models",
  usage: "[folder] [options]",
  positionals: [{ name: "folder", help: "What is shown is below it; left out, the current folder." }],
  options: OPTIONS,
  examples: ["crisp ui", "crisp ui runs --port 9000", "crisp ui --database postgres://crisp@db.example.org/studies"],
  endsOnSignal: true,
  async run({ options: { port, database: named }, output, signal, positionals: [folder = "."] }) {
    const onError = (error: unknown): void => output.note(`unexpected error: ${(error as Error)?.stack ?? error}`);
    const database = named === undefined ? undefined : { url: sharedDatabase("crisp ui", named) };
    const server = await startUi(folder, { port, onError, database }, signal);
    const address = server.signInUrl();
    output.say(`open   ${address}`);
    output.print("The address is good for one browser, on this machine; Ctrl-C ends it. Trainings go on.");
    output.record({ url: address });
    await untilStopped(server, signal);
    return 0;
  },
});
