/** What a training's page needs beside the study's style sheet. */
export const trainStyle = `
.chart.square{width:100%;max-width:430px;height:auto;margin:0 auto}
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
.seen{padding:2px 0 3px;border-radius:3px;background:color-mix(in srgb,var(--k1) calc(var(--a)*.4),transparent)}
`;
