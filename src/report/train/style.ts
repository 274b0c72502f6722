/** What a training's page needs beside the study's style sheet. */
export const trainStyle = `
.facts dd{overflow-wrap:anywhere}
.chart.square{width:100%;max-width:430px;height:auto;margin:0 auto}
.confusion{display:block;margin:0 auto;overflow:visible}
.card>.centred{margin-top:auto;margin-bottom:auto}
.confusion .right{fill:var(--k4)}.confusion .wrong{fill:var(--k5)}
.confusion .none{fill:var(--grid);fill-opacity:.5}
.confusion .cell{fill:var(--ink);font-size:12px;text-anchor:middle;pointer-events:none}
.confusion .cell.strong{fill:var(--card)}
.confusion .token{font-size:12px}
.scores .bar{width:30%;min-width:80px;padding-right:20px}
.scores .bar span{display:block;height:8px;border-radius:4px;background:var(--k4)}
.mistakes{list-style:none;margin:0;padding:0}
.mistakes li{padding:14px 0;border-top:1px solid var(--rule)}
.mistakes li:first-child{border-top:0;padding-top:0}
.answer{display:flex;flex-wrap:wrap;gap:4px 22px;margin:0 0 6px}
.answer div{display:flex;gap:6px;align-items:baseline;min-width:0}
.answer dt{font-size:.75rem;color:var(--soft)}
.answer dd{margin:0;font-size:.875rem;font-weight:600;overflow-wrap:anywhere}
.mistakes .text{margin:0;max-width:90ch;white-space:pre-line;overflow-wrap:anywhere;line-height:1.9}
.seen{padding:2px 0 3px;border-radius:3px;background:color-mix(in srgb,var(--k1) calc(var(--a)*.55),transparent)}
.provenance h3{margin-top:22px}
.provenance pre{white-space:pre-wrap;overflow-wrap:anywhere}
.provenance dd{overflow-wrap:anywhere}
dl.options{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,220px),1fr));gap:8px 24px}
.options .given dt,.options .given dd{color:var(--ink);font-weight:600}
`;
