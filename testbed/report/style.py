"""How the HTML report looks: one column on a telephone, a grid on a desk, light and dark by the reader's setting."""

STYLE = """
:root { color-scheme: light dark; --page: #fafaf8; --paper: #fff; --ink: #1d1f21; --soft: #63676d; --rule: #dcdcd6;
  --good: #146c3a; --good-bg: #d9f0e1; --bad: #fff; --bad-bg: #c0202b; --few: #a3141f; --few-bg: #fbdcdc;
  --doubt: #6b4a00; --doubt-bg: #ffe7a8;
  --quiet: #63676d; --quiet-bg: #ececea; --link: #0b5bb5; }
@media (prefers-color-scheme: dark) { :root { --page: #16181a; --paper: #1f2225; --ink: #e6e6e3; --soft: #a2a6ab;
  --rule: #363a3f; --good: #a5e3bd; --good-bg: #17402a; --bad: #fff; --bad-bg: #b3202c; --few: #ffb3b3;
  --few-bg: #4f1c20; --doubt: #ffdf8d;
  --doubt-bg: #4d3a06; --quiet: #a2a6ab; --quiet-bg: #2b2f33; --link: #8abfff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 80rem; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; margin: 0; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 .75rem; }
h3 { font-size: 1rem; margin: 1.5rem 0 .4rem; }
p { margin: .3rem 0; }
a { color: var(--link); }
code { font-family: ui-monospace, monospace; font-size: .875em; }
.soft { color: var(--soft); }
.good { color: var(--good); background: var(--good-bg); }
.bad { color: var(--bad); background: var(--bad-bg); font-weight: 650; }
.bad.few { color: var(--few); background: var(--few-bg); }
.doubt { color: var(--doubt); background: var(--doubt-bg); font-weight: 650; }
.quiet { color: var(--quiet); background: var(--quiet-bg); }

.tallies { display: grid; grid-template-columns: repeat(auto-fit, minmax(12rem, 1fr)); gap: .8rem; margin: 1.5rem 0; }
.tally { border: 1px solid var(--rule); border-radius: .6rem; overflow: hidden; background: var(--paper);
  display: flex; flex-direction: column; }
.tally h2 { font-size: 1.05rem; margin: 0; padding: .5rem .9rem; }
.tally p { margin: 0; padding: .65rem .9rem; border-top: 1px solid var(--rule); }
.tally p:last-child { flex: 1; }

.line { border: 1px solid var(--rule); border-radius: .5rem; background: var(--paper); margin: .4rem 0; }
.line > summary, .heads { display: grid; grid-template-columns: minmax(0, 1fr) repeat(var(--columns), 10rem);
  gap: .5rem; align-items: center; padding: .45rem .7rem; }
.line > summary { cursor: pointer; list-style: none; }
.line > summary::-webkit-details-marker { display: none; }
.line > summary > span:first-child::before { content: "\\25B8"; color: var(--soft); display: inline-block; width: 1em; }
.line[open] > summary > span:first-child::before { content: "\\25BE"; }
.heads { position: sticky; top: 0; z-index: 1; background: var(--page); border-bottom: 1px solid var(--rule);
  font-weight: 650; padding-inline: calc(.7rem + 1px); }
.cell { display: flex; border-radius: .35rem; overflow: hidden; font-size: .875rem; }
.cell > b, .cell > i { flex: 1 1 auto; padding: .15rem .3rem; text-align: center; font-style: normal;
  font-weight: inherit; overflow-wrap: normal; }
.cell > b { flex-grow: 1; }
.cell > i { flex-grow: 3; box-shadow: -1px 0 var(--paper); }
.cell > .mode { display: none; }

.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(16rem, 100%), 1fr)); gap: .7rem;
  padding: .3rem .7rem .8rem; }
.card { border: 1px solid var(--rule); border-radius: .4rem; padding: .6rem .8rem; }
.card h4 { margin: 0 0 .3rem; display: flex; flex-wrap: wrap; gap: .5rem; align-items: center;
  justify-content: space-between; }
.card:target { outline: 2px solid var(--link); }
dl { margin: .3rem 0; font-size: .9rem; }
dt { color: var(--soft); font-size: .8rem; margin-top: .35rem; }
dd { margin: 0; white-space: pre-wrap; }
.finding { border-left: .35rem solid var(--bad-bg); background: var(--paper); padding: .6rem .9rem; margin: .7rem 0; }
.finding.blocked { border-color: var(--doubt-bg); }
.finding h3 { margin: 0; }
.finding dl { display: grid; grid-template-columns: 6rem minmax(0, 1fr); gap: .15rem .5rem; }
.finding dt { margin: 0; line-height: 1.7; }
.finding .word { padding: .1rem .45rem; border-radius: .35rem; }
.asked { display: grid; grid-template-columns: minmax(0, 1fr) minmax(8rem, 22rem) !important; }
.shown { display: inline-block; border-radius: .35rem; padding: .15rem .5rem; font-size: .875rem; }
dl.cards { display: block; }
.wide { overflow-x: auto; }
table.clients td { padding: .2rem .6rem; text-align: right; overflow-wrap: normal; }
table.clients td:nth-child(-n+2), .each td { text-align: left !important; }
.each { margin: .2rem 0; }
.each > summary { grid-template-columns: minmax(0, 1fr); }
table.clients .quiet { background: none; color: inherit; }
table { border-collapse: collapse; font-size: .875rem; }
td { padding: .2rem 1.2rem .2rem 0; vertical-align: top; border-bottom: 1px solid var(--rule); }
summary:focus-visible, a:focus-visible { outline: 2px solid var(--link); outline-offset: 1px; }

@media (max-width: 60rem) {
  .heads { display: none; }
  .line > summary { grid-template-columns: 1fr 1fr; }
  .line > summary > span:first-child { grid-column: 1 / -1; }
  .cell { flex-wrap: wrap; border: 1px solid var(--rule); }
  .cell > .mode { display: block; flex: 1 0 100%; padding: .1rem .45rem; font-weight: 650; font-size: .8rem; }
  .blank { display: none; }
}
@media print { .line { break-inside: avoid; } .heads { position: static; } }
"""
