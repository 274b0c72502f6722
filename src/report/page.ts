import type { StudyResults } from "../studies/index.ts";
import { removedPattern } from "./attention-map.ts";
import { html, raw } from "./html.ts";
import { overview } from "./overview.ts";
import { studySection } from "./study-section.ts";
import { styleSheet } from "./style.ts";

const GENERATOR = '<meta name="generator" content="crisp-attention">';

/** Whether a page was made by `renderReport`, so that it may be replaced. */
export const isReport = (page: string): boolean => page.slice(0, 1000).includes(GENERATOR);

/**
 * One self-contained HTML page: no script, no request, light and dark, phone to wide screen.
 *
 * @param results - One study, or several: then an overview of expected against found comes first.
 * @returns The document; every value in it is escaped.
 * @example await writeFile("report.html", renderReport(results))
 */
export function renderReport(results: StudyResults | readonly StudyResults[]): string {
  const studies = isList(results) ? results : [results];
  const single = studies.length === 1;
  const title = single ? `${studies[0].study} · Crisp` : "Crisp studies";
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">${raw(GENERATOR)}
<title>${title}</title><style>${raw(styleSheet)}</style></head>
<body>${removedPattern}<main>
${!single && overview(studies)}
${studies.map((study, i) => studySection(study, single ? null : i))}
</main></body></html>
`;
  return page.markup;
}

const isList = (results: StudyResults | readonly StudyResults[]): results is readonly StudyResults[] => Array.isArray(results);
