/**
 * The page's style sheet. Arm colours c0 to c7 keep their distance for colour-blind eyes (after Okabe and Ito),
 * and each mark is named beside it, so that no meaning hangs on colour alone.
 */
export const styleSheet = `
:root{--paper:#faf9f6;--card:#fff;--ink:#1d2127;--soft:#5c6570;--rule:#e4e1d9;--grid:#ebe9e3;--zone:#5b7fa61f;--heat:#1d3f8f;--hatch:#c9c4b8;
--k0:#59626d;--k1:#c87f00;--k2:#00835f;--k3:#7a3fd1;--k4:#0b6fb3;--k5:#c04a00;--k6:#b0437f;--k7:#4d6b00;
--good:#00704f;--bad:#b23a00;--same:#2b5f9e;--open:#735000}
@media (prefers-color-scheme:dark){:root{--paper:#121418;--card:#1a1d23;--ink:#e9e8e4;--soft:#a0a7b1;--rule:#2c3139;--grid:#282c34;--zone:#8fb4dd22;--heat:#9dbcff;--hatch:#474c56;
--k0:#a7b0bb;--k1:#f0b040;--k2:#35c596;--k3:#b794ff;--k4:#5bb5f0;--k5:#ff8b52;--k6:#f08cc0;--k7:#a9c94f;
--good:#41cf9c;--bad:#ff8f5c;--same:#84b6f4;--open:#e8ba55}}
:root{--k:var(--soft)}
*{box-sizing:border-box}
html{scroll-behavior:smooth}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums;-webkit-text-size-adjust:100%}
main{max-width:1120px;margin:0 auto;padding:clamp(20px,5vw,64px) clamp(14px,4vw,40px)}
h1,h2.study-title{font-family:"Source Serif 4","Iowan Old Style","Palatino Linotype",Palatino,Charter,Georgia,"Liberation Serif","DejaVu Serif",serif;font-weight:600;line-height:1.18;letter-spacing:-.012em;text-wrap:balance;margin:0;overflow-wrap:break-word}
h1{font-size:clamp(1.75rem,4.6vw,2.9rem)}
h2.study-title{font-size:clamp(1.5rem,3.6vw,2.2rem)}
h3{font-size:1.0625rem;margin:0}
h4{font-size:.8125rem;margin:0 0 6px;font-weight:600;overflow-wrap:anywhere}
.eyebrow{margin:0 0 10px;color:var(--soft);font-size:.8125rem;letter-spacing:.06em}
.lede{max-width:62ch;color:var(--soft);font-size:1.0625rem;margin:16px 0 0}
.muted,.pm,.note{color:var(--soft)}
.muted{font-weight:400}
.note{font-size:.8125rem;line-height:1.5;margin:3px 0 14px;max-width:78ch}
.study+.study,.checks+.study,.card+.study{margin-top:80px;padding-top:56px;border-top:1px solid var(--rule)}
.facts{display:flex;flex-wrap:wrap;gap:10px 32px;margin:24px 0 28px}
.facts dt,.provenance dt,.check dt{font-size:.75rem;color:var(--soft)}
.facts dd,.provenance dd,.check dd{margin:0;font-size:.9375rem}
.verdicts{list-style:none;margin:0 0 28px;padding:0;border-top:1px solid var(--rule)}
.verdicts li{display:grid;grid-template-columns:10.5rem 1fr;gap:4px 16px;padding:14px 0;border-bottom:1px solid var(--rule);align-items:baseline}
.verdicts p{margin:0;max-width:80ch;overflow-wrap:anywhere}
.pill{display:inline-block;white-space:nowrap;font-size:.8125rem;font-weight:600;padding:2px 10px 3px;border-radius:99px;color:var(--v);background:color-mix(in srgb,var(--v) 12%,transparent);--v:var(--soft);justify-self:start}
.supported{--v:var(--good)}.contradicted{--v:var(--bad)}.no-difference{--v:var(--same)}.undecided{--v:var(--open)}
.cards{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:20px}
.card{margin:0;background:var(--card);border:1px solid var(--rule);border-radius:12px;padding:20px 24px 18px;min-width:0;display:flex;flex-direction:column}
.card>figcaption{margin-bottom:auto}
.card.wide{grid-column:1/-1}
.part+.part,.checks+.card,.part+.folded,.folded+.folded{margin-top:20px}
.part{scroll-margin-top:72px}
.chart{display:block;overflow:visible}
.c0{--k:var(--k0)}.c1{--k:var(--k1)}.c2{--k:var(--k2)}.c3{--k:var(--k3)}.c4{--k:var(--k4)}.c5{--k:var(--k5)}.c6{--k:var(--k6)}.c7{--k:var(--k7)}
.chart.indented{margin-left:56px;width:calc(100% - 56px)}
.chart text{fill:var(--ink);font-size:13px}
.chart .tick{fill:var(--soft);font-size:11.5px}
.number{font-size:11px!important;font-weight:700;text-anchor:middle;fill:var(--card)!important}
.rows{position:relative;display:grid;grid-template-columns:minmax(0,1fr) auto;font-size:.875rem}
.rows .behind{position:absolute;left:0;right:0;width:100%;grid-column:1/-1;overflow:visible}
.rows .scale{grid-column:1/-1;width:100%}
.row{display:grid;grid-column:1/-1;grid-template-columns:subgrid;grid-template-areas:"name figure" "track track"}
.row .name{grid-area:name;font-weight:600;overflow-wrap:anywhere;line-height:1.3}
.row .figure{grid-area:figure;text-align:right;white-space:nowrap}
.row .name,.row .figure,.row .track{align-self:stretch}
.row .track{grid-area:track;width:100%;position:relative}
.row .name,.row .figure{position:relative;background:var(--card);padding:6px 0 1px}
.row .figure{padding-left:14px}
.grid{stroke:var(--grid)}.grid.strong{stroke:var(--soft)}
.reference{stroke:var(--soft);stroke-dasharray:4 4}
.reference.zero{stroke:var(--ink);stroke-dasharray:none}
.reference.ceiling{stroke-dasharray:1 3;stroke-width:2}
.chart .reference-label{font-size:11.5px;fill:var(--soft)}
.zone{fill:var(--zone)}
.span{stroke:var(--k);stroke-linecap:round}
.span.thin{stroke-width:2}
.span.thick{stroke-width:9;stroke-opacity:.28}
.seed{fill:var(--k);fill-opacity:.5}
.mean{fill:var(--k);stroke:var(--card);stroke-width:2}
.ring{fill:none;stroke:var(--k);stroke-width:2}
.off-scale{margin:8px 0 0;font-size:.8125rem;color:var(--soft)}
.panels{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,220px),1fr));gap:22px 28px}
.panel h4,.map h4{position:relative;padding-left:16px}
.panel h4::before,.map h4::before{content:"";position:absolute;left:0;top:.4em;width:10px;height:10px;border-radius:50%;background:var(--k)}
.curve{fill:none;vector-effect:non-scaling-stroke;stroke:var(--k);stroke-linejoin:round}
.seed-line{stroke-width:1;stroke-opacity:.4}
.mean-line{stroke-width:2.5}
.curve.baseline{stroke:var(--k0);stroke-width:1.5;stroke-dasharray:5 4}
.key.numbered{width:19px;height:19px;color:var(--card);font-size:.75rem;font-weight:700;line-height:19px;text-align:center}
.key{display:inline-block;width:10px;height:10px;border-radius:50%;background:var(--k);margin-right:6px}
.keys{display:block;margin-top:6px}.keys>span{display:inline-block;max-width:100%;overflow-wrap:anywhere;margin-right:16px;color:var(--ink)}
.scroll{overflow-x:auto}
.scroll:focus-visible,a:focus-visible{outline:2px solid var(--same);outline-offset:2px}
table.figures{border-collapse:collapse;width:100%;font-size:.875rem}
.figures th,.figures td{padding:6px 14px 6px 0;text-align:left;white-space:nowrap;border-bottom:1px solid var(--grid);vertical-align:baseline}
.figures tbody th[scope=row]{font-weight:400;color:var(--soft);white-space:normal;overflow-wrap:anywhere;min-width:9rem;max-width:22rem}
.figures thead th{white-space:normal;overflow-wrap:anywhere;min-width:7rem;max-width:14rem}
.figures tbody th[scope=row],.figures thead tr>:first-child{position:sticky;left:0;z-index:1;background:var(--card)}
.figures .group span{position:sticky;left:0}
.figures .group th{padding-top:18px;font-weight:600;border-bottom-color:var(--rule)}
.figures code{font-size:.8125rem}
.pm{font-size:.8125rem}
.defs{position:absolute}
.swatch{display:inline-block;width:13px;height:13px;vertical-align:-2px;background:repeating-linear-gradient(135deg,var(--hatch) 0 1.6px,transparent 1.6px 5px)}
.token{fill:var(--ink);font-size:11px}
.provenance{margin-top:32px;color:var(--soft);font-size:.875rem}
.provenance h3{color:var(--ink);margin-top:22px}
.provenance pre:focus-visible{outline:2px solid var(--same)}
.taken{margin:6px 0 0;padding-left:1.2em}
.provenance pre{margin:10px 0 14px;padding:12px 16px;border-radius:8px;background:var(--card);border:1px solid var(--rule);color:var(--ink);overflow-x:auto;font-size:.8125rem}
.provenance dl{display:flex;flex-wrap:wrap;gap:8px 28px;margin:0}
.contents{margin:0 0 28px;font-size:.9375rem}
.contents ul{list-style:none;margin:0;padding:0;display:flex;flex-wrap:wrap;gap:2px 20px}
.contents a{display:inline-block;padding:6px 0;color:var(--same)}
.folded{display:block}
.folded>summary{cursor:pointer;margin:-20px -24px;padding:18px 24px;border-radius:12px;list-style-position:inside}
.folded>summary h3{display:inline;margin-left:4px}
.folded[open]>summary{margin-bottom:0;padding-bottom:8px}
summary:focus-visible{outline:2px solid var(--same);outline-offset:-2px}
.card details:not(.folded)>summary{cursor:pointer;padding:9px 0;font-size:.9375rem}
.chart-title{margin:24px 0 10px;font-size:.9375rem}
.note+.chart-title{margin-top:6px}
.wide-panels{grid-template-columns:repeat(auto-fit,minmax(min(100%,300px),1fr))}
.confusion{display:block;margin:0 auto;overflow:visible}
.card>.centred{margin-top:auto;margin-bottom:auto}
.confusion .right{fill:var(--k4)}.confusion .wrong{fill:var(--k5)}
.confusion .none{fill:var(--grid);fill-opacity:.5}
.confusion .cell{fill:var(--ink);font-size:12px;text-anchor:middle;pointer-events:none}
.confusion .cell.strong{fill:var(--card)}
.confusion .token{font-size:12px}
.provenance pre{white-space:pre-wrap;overflow-wrap:anywhere}
.provenance dd{overflow-wrap:anywhere}
dl.options{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,220px),1fr));gap:8px 24px}
.options dt,.options dd{overflow-wrap:anywhere}
.options dt{font-size:.75rem;color:var(--soft)}.options dd{margin:0;font-size:.9375rem}
.options .given dt,.options .given dd{color:var(--ink);font-weight:600}
.facts dd{overflow-wrap:anywhere}
.checks{list-style:none;padding:0;margin:32px 0 0;display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,290px),1fr));gap:20px}
.check{background:var(--card);border:1px solid var(--rule);border-radius:12px;padding:20px 22px}
.check a{color:inherit;text-decoration:none}.check a:hover{text-decoration:underline}
.check h2{font-size:1.0625rem;margin:0}
.mark{margin:2px 0 10px;font-weight:600;font-size:.9375rem}.agrees{color:var(--good)}.differs{color:var(--bad)}
.check dl{margin:0}.check dd{margin-bottom:8px;overflow-wrap:anywhere}
@media (min-width:900px){.card.wide>.rows{grid-template-columns:fit-content(17rem) minmax(0,1fr) auto}.wide>.rows .behind,.wide>.rows .scale{grid-column:2/3}.wide>.rows .row{grid-template-areas:"name track figure";column-gap:24px}.wide>.rows .row .name,.wide>.rows .row .figure{padding:0;background:none;align-self:center}}
@media (max-width:760px){.panels{grid-template-columns:repeat(auto-fit,minmax(min(100%,118px),1fr));gap:18px 20px}.cards{grid-template-columns:minmax(0,1fr)}.verdicts li{grid-template-columns:1fr}.card{padding:16px}.folded>summary{margin:-16px;padding:14px 16px}}
@media print{details::details-content{content-visibility:visible;block-size:auto}body{background:#fff}.card,.check{break-inside:avoid}}
`;
