export { renderBenchReport } from "./bench/page.ts";
export { benchChart } from "./bench/terminal-chart.ts";
export { machineLine, paysFrom, paysSentence, wrongChoices } from "./bench/words.ts";
export { renderReport } from "./study/page.ts";
export { latexTable, markdownTable } from "./study/paper-table.ts";
export { renderTable, type TableOptions } from "./study/terminal-table.ts";
export { asPlanted, calibrationTitle, headline } from "./study/verdicts.ts";
export { renderTrainReport } from "./train/page.ts";
export type { Baseline, ShownMistake, TrainReport } from "./train/train-report.ts";
