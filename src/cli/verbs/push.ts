import { relative } from "node:path";
import { counted } from "../../errors/index.ts";
import { pushFolder } from "../../hub/index-node.ts";
import { defineVerb } from "../verb.ts";

export const push = defineVerb({
  name: "push",
  summary: "upload a saved model to the Hugging Face Hub",
  usage: "<folder> <user/name> [options]",
  positionals: [
    {
      name: "folder",
      help: "Folder that crisp train saved; checkpoints, tensorboard, errors.csv, right-answers.json, predictions.jsonl, report.html, audit.csv and audit.json stay here.",
      required: true,
    },
    { name: "user/name", help: "Repository; it is made if it is missing.", required: true },
  ],
  options: {
    private: { type: "boolean", help: "Make a private repository; one that exists has to be private." },
    revision: { type: "string", unit: "branch", default: "main", help: "Branch to upload to; it is made if it is missing." },
    commit_message: { type: "string", unit: "text", help: "Title of the commit; left out, one that says what it is." },
  },
  examples: ["crisp push tickets-model ada/tickets --private"],
  stopsOnSignal: true,
  async run({ options, output, positionals: [folder, id], signal }) {
    let progress: ReturnType<typeof output.progress> | undefined;
    const shares = new Map<string, number>();
    const { url, commit, files } = await pushFolder(folder, id, {
      private: options.private,
      branch: options.revision,
      commitTitle: options.commitMessage,
      signal,
      onStart: (paths) => {
        progress = output.progress("uploading", paths.length);
      },
      onProgress: ({ file, share, phase }) => {
        if (phase === "uploading") shares.set(file, share);
        const done = [...shares.values()].filter((value) => value >= 1).length;
        progress?.update(done, share < 1 ? `${phase} ${file} ${Math.floor(100 * share)} %` : file);
      },
    });
    progress?.update(files.length, "committed");
    progress?.finish();
    output.record({ type: "pushed", url, commit, files });
    output.print(
      `pushed ${relative(process.cwd(), folder) || folder} to ${url} (${counted(files.length, "file")}, commit ${commit.slice(0, 7)})`,
    );
    return 0;
  },
});
