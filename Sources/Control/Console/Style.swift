import Charts

/// The console's one style sheet: system fonts, light and dark by preference, contrast of at least 4.5 to 1.
enum Style {
    static let sheet = """
        :root {
          color-scheme: light dark;
          \(Palette.light) --canary: #b8860b;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            \(Palette.dark) --canary: #e0b040;
          }
        }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--ground); color: var(--ink);
          font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
        a { color: var(--sea); }
        .skip { position: absolute; left: -999px; }
        .skip:focus { left: 1rem; top: 1rem; background: var(--card); padding: .5rem 1rem; }
        header { background: var(--card); border-bottom: 1px solid var(--line); }
        header > div, main, footer { max-width: 68rem; margin: 0 auto; padding: 0 1.25rem; }
        header > div { display: flex; align-items: center; gap: 1.5rem; min-height: 3.5rem; flex-wrap: wrap; }
        .mark { font-weight: 700; font-size: 1.15rem; color: var(--ink); text-decoration: none; letter-spacing: -.01em;
          display: inline-flex; align-items: center; gap: .5rem; }
        nav { display: flex; gap: 1rem; }
        nav a { text-decoration: none; padding: .25rem 0; border-bottom: 2px solid transparent; }
        nav a[aria-current] { border-color: var(--sea); color: var(--ink); }
        .where { margin-left: auto; color: var(--soft); font-size: .9rem; }
        main { padding-top: 1.5rem; padding-bottom: 3rem; }
        footer { color: var(--soft); font-size: .85rem; padding-bottom: 2rem; }
        h1 { font-size: 1.6rem; margin: .2rem 0 1rem; letter-spacing: -.01em; overflow-wrap: anywhere; }
        h2 { font-size: 1.1rem; margin: 0 0 .75rem; }
        .card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1.1rem 1.25rem;
          margin: 0 0 1.1rem; overflow-x: auto; }
        .row { display: flex; flex-wrap: wrap; gap: .75rem 2rem; align-items: center; }
        .row > .push { margin-left: auto; }
        .grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(19rem, 1fr)); gap: 1.1rem; }
        .grid > .card { margin: 0; }
        .grid { margin-bottom: 1.1rem; }
        .facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(7.5rem, 1fr)); gap: .75rem 1rem;
          margin: 1rem 0 .25rem; }
        .facts dt { color: var(--soft); font-size: .8rem; }
        .facts dd { margin: 0; font-size: 1.35rem; font-variant-numeric: tabular-nums; letter-spacing: -.01em; }
        .pill { display: inline-block; border-radius: 99px; padding: .1rem .65rem; font-size: .85rem; font-weight: 600;
          background: var(--sea-soft); color: var(--sea); white-space: nowrap; }
        .pill.good { background: var(--good-soft); color: var(--good); }
        .pill.warn { background: var(--warn-soft); color: var(--warn); }
        .pill.bad { background: var(--bad-soft); color: var(--bad); }
        svg.split { display: block; width: 100%; height: .8rem; border-radius: 99px; margin: .75rem 0 .4rem; }
        svg rect.stable, svg .fill { fill: var(--sea); }
        svg rect.canary { fill: var(--canary); }
        svg rect.rest { fill: var(--line); }
        .arms { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: 0; padding: 0; list-style: none; }
        .dot { display: inline-block; width: .7rem; height: .7rem; border-radius: 3px; background: var(--sea); }
        .dot.canary { background: var(--canary); }
        table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
        caption { text-align: left; font-weight: 600; padding-bottom: .5rem; }
        th, td { text-align: left; padding: .45rem .75rem .45rem 0; border-bottom: 1px solid var(--line);
          vertical-align: top; overflow-wrap: break-word; }
        td.free, td code { overflow-wrap: anywhere; }
        td time { white-space: nowrap; }
        th { color: var(--soft); font-weight: 600; font-size: .85rem; }
        td.number, th.number { text-align: right; }
        tr:last-child td { border-bottom: 0; }
        code, pre, .mono { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
          font-size: .88em; }
        pre { background: var(--ground); border: 1px solid var(--line); border-radius: 8px; padding: .75rem 1rem;
          overflow-x: auto; margin: .5rem 0; white-space: pre-wrap; overflow-wrap: anywhere; }
        button, .button { font: inherit; font-weight: 600; border-radius: 8px; border: 1px solid var(--sea);
          background: var(--sea); color: var(--card); padding: .45rem 1rem; min-height: 2.4rem; cursor: pointer; }
        button.quiet { background: transparent; color: var(--sea); }
        button.danger { background: transparent; border-color: var(--bad); color: var(--bad); }
        button:focus-visible, a:focus-visible, textarea:focus-visible, input:focus-visible, canvas:focus-visible {
          outline: 3px solid var(--sea); outline-offset: 2px; }
        label { display: block; font-weight: 600; margin: .5rem 0 .25rem; }
        .hint { color: var(--soft); font-size: .9rem; margin: .25rem 0 .5rem; }
        textarea { width: 100%; min-height: 6rem; border: 1px solid var(--line); border-radius: 8px; padding: .6rem;
          background: var(--ground); color: var(--ink); font-family: ui-monospace, Menlo, Consolas, monospace;
          font-size: .85rem; }
        canvas { border: 1px solid var(--line); border-radius: 8px; touch-action: none; cursor: crosshair;
          background: #0b1218; display: block; }
        .answer { font-size: 3rem; font-weight: 700; line-height: 1.1; }
        .bars { list-style: none; margin: .5rem 0; padding: 0; }
        .bars li { display: grid; grid-template-columns: 3.5rem 1fr 5rem; gap: .6rem; align-items: center; }
        .bars svg { display: block; width: 100%; height: .7rem; border-radius: 99px; }
        .bars .number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
        .note { border-left: 4px solid var(--sea); padding: .5rem 1rem; background: var(--sea-soft); border-radius: 6px;
          margin: 0 0 1rem; }
        .note.bad { border-color: var(--bad); background: var(--bad-soft); }
        .empty { text-align: center; padding: 3rem 1rem; }
        svg text { fill: var(--soft); font: 11px system-ui, sans-serif; }
        svg .axis { stroke: var(--line); }
        """
}
