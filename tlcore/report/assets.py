"""The report's own style and script: light and dark by the reader's setting, one column, fit for a phone and for paper."""

STYLE = """
:root{color-scheme:light dark;--ink:#1d2733;--soft:#566372;--paper:#ffffff;--wash:#f3f5f8;--line:#d5dbe3;--accent:#1769a5;
--good:#17663a;--bad:#a83a00;--mark:#fff0b8}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ee;--soft:#a9b4c0;--paper:#14181d;--wash:#1d232a;--line:#38424d;
--accent:#7cc0f0;--good:#7fd6a0;--bad:#ffa270;--mark:#574500}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:52rem;margin:0 auto;padding:1.5rem 1rem 4rem}
h1,h2,h3{line-height:1.25;margin:0;overflow-wrap:anywhere}
h1{font-size:1.7rem}
h2{font-size:1.35rem;margin-top:3rem;padding-top:.8rem;border-top:1px solid var(--line)}
h3{font-size:1.08rem;margin-top:1.8rem}
p{margin:.5rem 0}
p,li,dd{overflow-wrap:anywhere}
.kicker,.note,.label,small,dt{color:var(--soft);font-size:.875rem}
.question{font-size:1.06rem}
.answer{margin:1rem 0;padding:1rem 1.2rem;border:1px solid var(--line);border-left:5px solid var(--accent);border-radius:8px;
background:var(--wash)}
.lead{font-size:1.15rem;font-weight:600}
.badge{margin:0;font-weight:700;color:var(--accent)}
.badge.helps{color:var(--good)}
.badge.hurts{color:var(--bad)}
.warning{padding:.6rem .9rem;border-left:5px solid var(--bad);background:var(--wash);border-radius:6px}
.numbers{list-style:none;display:grid;grid-template-columns:repeat(auto-fit,minmax(13rem,1fr));gap:.8rem;
margin:1rem 0;padding:0}
.numbers li{display:flex;flex-direction:column;padding:.8rem 1rem;border:1px solid var(--line);border-radius:8px}
.numbers strong{font-size:1.5rem;line-height:1.3}
.alarms>li{margin-bottom:.7rem}
figure{margin:1.2rem 0}
figcaption small{display:block}
table small{font-size:.9em}
.chart{width:100%}
.scroll{overflow-x:auto;margin:.9rem 0}
table{border-collapse:collapse;width:100%;font-size:.875rem;font-variant-numeric:tabular-nums}
caption{text-align:left;padding-bottom:.4rem;color:var(--soft)}
th,td{padding:.35rem .6rem .35rem 0;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
tbody th{font-weight:500}
th{min-width:4.2rem}
.words{min-width:18rem}
dl{margin:.8rem 0}
dl>div{display:grid;grid-template-columns:minmax(8rem,15rem) 1fr;gap:.2rem 1rem;padding:.3rem 0;
border-bottom:1px solid var(--line)}
dd{margin:0}
dd ul{margin:0;padding-left:1.1rem}
summary{cursor:pointer;padding:.4rem 0;color:var(--accent)}
code{font:.86em ui-monospace,Menlo,Consolas,monospace;overflow-wrap:anywhere}
pre{margin:.5rem 0;padding:.8rem 1rem;background:var(--wash);border:1px solid var(--line);border-radius:8px;
white-space:pre-wrap}
mark{background:var(--mark);color:inherit;padding:0 .2em;font-weight:600}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.xtitle,.ytitle,.xtick text,.ytick text,.annotation text,.legendtext,.bartext-outside{fill:var(--ink)!important}
@media (max-width:30rem){dl>div{grid-template-columns:1fr}}
@page{size:A4;margin:14mm 12mm}
@media print{
:root{color-scheme:light;--ink:#1d2733;--soft:#48535f;--paper:#ffffff;--wash:#f3f5f8;--line:#c9d0d8;--accent:#1769a5;
--good:#17663a;--bad:#a83a00;--mark:#fff0b8}
body{font-size:10.5pt;print-color-adjust:exact;-webkit-print-color-adjust:exact}
main{max-width:none;padding:0}
h2,h3,caption,summary{break-after:avoid}
figure,.answer,.numbers li,tr,.alarms>li,pre,dl>div{break-inside:avoid}
thead{display:table-header-group}
.scroll{overflow:visible}
table{font-size:8.5pt}
th,.words{min-width:0}
details::details-content{content-visibility:visible;display:block}
.chart{max-width:100%}
}
"""

DRAW = """
(function () {
  "use strict";
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  var paper = window.matchMedia("print");
  var places = [];
  function theme() {
    var night = dark.matches && !paper.matches;
    return {
      "font.color": night ? "#e6e9ee" : "#1d2733",
      "hoverlabel.bgcolor": night ? "#2a323b" : "#ffffff",
      "hoverlabel.bordercolor": night ? "#6b7885" : "#9aa5b1",
      "hoverlabel.font.color": night ? "#e6e9ee" : "#1d2733"
    };
  }
  function repaint() {
    places.forEach(function (place) { Plotly.relayout(place, theme()); });
  }
  document.querySelectorAll("figure").forEach(function (figure) {
    var place = figure.querySelector(".chart");
    var spec = JSON.parse(figure.querySelector('script[type="application/json"]').textContent);
    spec.layout.font = Object.assign({ family: "system-ui, sans-serif", size: 12 }, spec.layout.font);
    spec.layout.autosize = true;
    Plotly.newPlot(place, spec.data, spec.layout, { displayModeBar: false, displaylogo: false, responsive: true });
    places.push(place);
  });
  repaint();
  dark.addEventListener("change", repaint);
  paper.addEventListener("change", function () {
    repaint();
    if (paper.matches) { places.forEach(function (place) { Plotly.Plots.resize(place); }); }
  });
  var folded = [];
  window.addEventListener("beforeprint", function () {
    folded = Array.from(document.querySelectorAll("details:not([open])"));
    folded.forEach(function (part) { part.open = true; });
  });
  window.addEventListener("afterprint", function () {
    folded.forEach(function (part) { part.open = false; });
    places.forEach(function (place) { Plotly.Plots.resize(place); });
  });
})();
"""
