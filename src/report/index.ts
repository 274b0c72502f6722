export { isReport, renderReport } from "./page.ts";
export { renderTable, type TableOptions } from "./terminal-table.ts";
export { asPlanted, calibrationTitle, headline } from "./verdicts.ts";
