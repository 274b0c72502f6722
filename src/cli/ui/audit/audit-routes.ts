import { extname, join } from "node:path";
import { CrispError, expectedGot } from "../../../errors/index.ts";
import { growingFile } from "../../../files/index-node.ts";
import { type App, HttpError } from "../../../server/index-node.ts";
import { address } from "../pages/layout.ts";
import { pathIn } from "../read-run.ts";
import { asPage, type Ui } from "../routes.ts";
import { formOf } from "../try-routes.ts";
import { auditPage, sectionIn } from "./audit-page.ts";
import { correctedData } from "./corrected-data.ts";
import { auditedData, keepDecisions, openAudit, readDecisions } from "./read-audit.ts";

/** An audit's page, the decisions that are made on it, and the corrected file. */
export function addAuditRoutes(app: App, { root }: Ui): void {
  app.get(
    "/audit",
    asPage(({ req }) => {
      const open = openAudit(root, pathIn(req.query("path")));
      const [saved, page] = [req.query("saved"), Math.max(0, Math.floor(Number(req.query("page") ?? 1)) - 1 || 0)];
      const savedPath = saved === undefined ? undefined : [open.path, saved].filter(Boolean).join("/");
      return auditPage({
        ...{ open, decisions: readDecisions(open), section: sectionIn(req.query("section")), page },
        refused: whyRefused(() => auditedData(root, open)),
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
      auditedData(root, open);
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
      const data = auditedData(root, open);
      const extension = extname(open.audit.data);
      if (!/^[^./\\:\0][^/\\:\0]*$/.test(name) || extname(name) !== extension) {
        const rule = `a file name that ends with "${extension}", without a folder`;
        throw new HttpError(422, expectedGot("ui/bad-form", "name of the corrected file", rule, name || "nothing"));
      }
      const bytes = correctedData(data.bytes, open.audit, readDecisions(open));
      const file = growingFile(join(open.folder, name));
      file.write(bytes);
      file.finish();
      return context.redirect(address("/audit", { path: open.path || ".", saved: name }), 303);
    }),
  );
}

/** Why nothing can be corrected. */
function whyRefused(act: () => void): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof CrispError) return error.message;
    throw error;
  }
}
