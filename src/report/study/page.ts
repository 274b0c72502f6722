import type { StudyResults } from "../../studies/index.ts";
import { htmlDocument } from "../document.ts";
import { html } from "../html.ts";
import { attentionStyle, mapPatterns } from "./attention-map.ts";
import { overview } from "./overview.ts";
import { studySection } from "./study-section.ts";
import type { NamedAcross } from "./tables/across-tasks.ts";

/**
 * A study's page: see `htmlDocument`.
 *
 * @param results - One study, or several: then an overview of expected against found comes first.
 * @param across - What studies that differ in their task alone say together, of `acrossTasks`; default nothing.
 * @returns The document; every value in it is escaped.
 * @example await writeFile("report.html", renderReport(results))
 */
export function renderReport(results: StudyResults | readonly StudyResults[], across: readonly NamedAcross[] = []): string {
  const studies = isList(results) ? results : [results];
  const single = studies.length === 1;
  return htmlDocument({
    title: single ? `${studies[0].study} · Crisp` : "Crisp studies",
    style: attentionStyle,
    body: html`${mapPatterns}<main>
${!single && overview(studies, across)}
${studies.map((study, i) => studySection(study, single ? null : i))}
</main>`,
  });
}

const isList = (results: StudyResults | readonly StudyResults[]): results is readonly StudyResults[] => Array.isArray(results);
