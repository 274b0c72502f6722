import { editedEnding } from "../../../data/index-node.ts";
import { CrispError } from "../../../errors/index.ts";
import type { App } from "../../../server/index-node.ts";
import { address } from "../pages/layout.ts";
import { pathIn } from "../read-run.ts";
import type { Root } from "../root.ts";
import { asPage, type Ui } from "../routes.ts";
import { formOf } from "../try-routes.ts";
import { type AuditView, auditPage, sectionIn } from "./audit-page.ts";
import { saveCorrected } from "./corrected-data.ts";
import { auditedData, keepDecisions, type OpenAudit, openAudit, readDecisions } from "./read-audit.ts";

/** An audit's page, the decisions that are made on it, and the corrected file. */
export function addAuditRoutes(app: App, { root }: Ui): void {
  app.get(
    "/audit",
    asPage(async ({ req }) => {
      const open = openAudit(root, pathIn(req.query("path")));
      const [saved, page] = [req.query("saved"), Math.max(0, Math.floor(Number(req.query("page") ?? 1)) - 1 || 0)];
      const savedPath = saved === undefined ? undefined : [open.path, saved].filter(Boolean).join("/");
      return auditPage({
        ...{ open, decisions: readDecisions(open), section: sectionIn(req.query("section")), page },
        ...(await canSave(root, open)),
        saved: savedPath !== undefined && root.has(savedPath) ? savedPath : undefined,
        root: root.folder,
      });
    }),
  );
  app.post(
    "/audit/decide",
    asPage(async (context) => {
      const form = await context.req.formData().catch(() => new FormData());
      const text = (name: string): string => String(form.get(name) ?? "");
      const open = openAudit(root, pathIn(text("path")));
      await auditedData(root, open);
      const changes = [...form.keys()].flatMap((name): [number, string][] => {
        const [, line] = /^line-(\d+)$/.exec(name) ?? [];
        return line === undefined ? [] : [[Number(line), text(name)]];
      });
      keepDecisions(open, changes);
      const place = { path: open.path || ".", section: text("section"), page: text("page") };
      return context.redirect(address("/audit", place), 303);
    }),
  );
  app.post(
    "/audit/save",
    asPage(async (context) => {
      const { path, name } = await formOf(context, ["path", "name"]);
      const open = openAudit(root, pathIn(path));
      await saveCorrected(root, open, readDecisions(open), name);
      return context.redirect(address("/audit", { path: open.path || ".", saved: name }), 303);
    }),
  );
}

/** How the name of a corrected file ends, or why there can be none. */
async function canSave(root: Root, open: OpenAudit): Promise<Pick<AuditView, "ending" | "refused">> {
  try {
    return { ending: await editedEnding(await auditedData(root, open)) };
  } catch (error) {
    if (error instanceof CrispError) return { refused: error.message };
    throw error;
  }
}
