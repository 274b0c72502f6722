/** What these pages need beside the reports' style sheets. */
export const uiStyle = `
.bar{border-bottom:1px solid var(--rule);background:var(--card)}
.bar nav{max-width:1120px;margin:0 auto;padding:6px clamp(14px,4vw,40px);display:flex;flex-wrap:wrap;gap:4px 24px}
.bar a{display:inline-block;padding:8px 0;color:var(--ink);font-weight:600;text-decoration:none}
.bar a:hover{text-decoration:underline}
main{padding-top:clamp(18px,3vw,36px)}
main a{color:var(--same)}
h1{font-size:clamp(1.4rem,3.4vw,2.1rem);overflow-wrap:anywhere}
h2{font-size:1.25rem;margin:36px 0 12px}
.scroll+h3,.map-row+h3{margin-top:26px}
.heads{margin-top:10px}
.map-row{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,300px),1fr));gap:18px}
.map svg{max-width:520px}
.skip{position:absolute;left:-999px}
.skip:focus{left:8px;top:8px;background:var(--card);padding:8px;z-index:1}
a:focus-visible,button:focus-visible,input:focus-visible,select:focus-visible,summary:focus-visible,textarea:focus-visible{outline:2px solid var(--same);outline-offset:2px}
.fields{display:flex;flex-wrap:wrap;gap:12px 18px;align-items:end;margin:18px 0}
.fields label,.stack label{display:grid;gap:4px;font-size:.8125rem;color:var(--soft);min-width:0}
.fields label.tick{display:flex;gap:8px;align-items:center;padding-bottom:9px}
.stack{display:grid;gap:14px;max-width:560px;margin:18px 0}
input,select,textarea,button{font:inherit;color:var(--ink);background:var(--card);border:1px solid var(--soft);border-radius:8px;padding:7px 10px;min-width:0;max-width:100%}
input[type=checkbox]{width:18px;height:18px;margin:0;accent-color:var(--same)}
textarea{width:100%;min-height:74px;resize:vertical}
button,.button{font-weight:600;cursor:pointer;background:var(--card)}
button.main{background:var(--same);border-color:var(--same);color:var(--card)}
button.warn{border-color:var(--bad);color:var(--bad)}
.actions{display:flex;flex-wrap:wrap;gap:10px 14px;align-items:center;margin:14px 0}
.actions form{margin:0}
.figures td.tick-cell{padding-right:8px;width:26px}
.figures td .path{overflow-wrap:anywhere;white-space:normal}
.state{font-weight:600}
.state.running{color:var(--same)}.state.finished{color:var(--good)}.state.failed,.state.interrupted{color:var(--bad)}.state.stopped{color:var(--open)}
.scroll{margin:0;padding:0}
.error{border-left:4px solid var(--bad);padding:10px 16px;background:var(--card);overflow-wrap:anywhere}
.confusion a:focus-visible rect,.confusion a:hover rect{stroke:var(--ink);stroke-width:2}
.pager{display:flex;gap:18px;margin:14px 0;flex-wrap:wrap}
.text-cell{white-space:pre-line!important;overflow-wrap:anywhere;min-width:220px}
#lost:not(:empty){overflow-wrap:anywhere;position:fixed;bottom:0;left:0;right:0;margin:0;padding:10px 16px;background:var(--bad);color:var(--card);font-weight:600}
.heads{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,230px),1fr));gap:14px}
.heads a{display:block;color:inherit;text-decoration:none;padding:8px;border:1px solid var(--rule);border-radius:8px;background:var(--card)}
.heads a[aria-current]{border-color:var(--same);box-shadow:0 0 0 1px var(--same)}
.heads a:hover{border-color:var(--soft)}
.heads .pair{display:grid;grid-template-columns:1fr 1fr;gap:8px}
.heads svg{display:block;width:100%;height:auto;background:var(--paper)}
.heads path{fill:var(--heat)}.heads path.gone{fill:var(--hatch);fill-opacity:.55}
.heads .muted{font-size:.75rem}
pre.output{padding:12px 16px;border-radius:8px;background:var(--card);border:1px solid var(--rule);overflow:auto;font-size:.8125rem;white-space:pre-wrap;overflow-wrap:anywhere}
pre.command{white-space:pre-wrap;overflow-wrap:anywhere;font-size:.875rem;margin:8px 0}
.differs{font-weight:600;color:inherit}
.cards{margin-top:18px}
#curves+.note{margin-top:14px}
ul.keys{list-style:none;padding:0;display:grid;gap:4px;overflow-wrap:anywhere}
.figures tbody th[scope=row]{position:static;background:none}
.tabs{display:flex;flex-wrap:wrap;gap:8px;margin:22px 0 0}
.tabs a{padding:7px 12px;border:1px solid var(--rule);border-radius:8px;background:var(--card);text-decoration:none}
.tabs a[aria-current]{border-color:var(--same);box-shadow:0 0 0 1px var(--same);font-weight:600}
.saved{border-left:4px solid var(--good);padding:4px 16px;background:var(--card)}
.judged{list-style:none;padding:0;margin:18px 0}
.judged li{display:grid;grid-template-columns:minmax(0,1fr) 240px;gap:8px 20px;align-items:center;padding:12px 0;border-top:1px solid var(--rule)}
.judged p{margin:0 0 4px}
.judged .text-cell{min-width:0}
.judged .note{overflow-wrap:anywhere}
.judged select{width:100%}
kbd{font:inherit;padding:0 5px;border:1px solid var(--rule);border-radius:4px;background:var(--card)}
@media (max-width:640px){.judged li{grid-template-columns:minmax(0,1fr)}.judged li>:nth-child(3){margin-top:12px}}
@media (max-width:640px){#list thead{display:none}#list tr{display:flex;flex-wrap:wrap;gap:0 14px;padding:8px 0;border-bottom:1px solid var(--grid)}#list th,#list td{border:0;padding:2px 0;white-space:normal}#list th[scope=row]{flex:1 1 calc(100% - 48px)}#list td:empty{display:none}#list td.tick-cell:empty{display:block}}
@media (max-width:520px){.fields>*{flex:1 1 140px}.facts{gap:8px 20px}}
`;
