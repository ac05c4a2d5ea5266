import Charts

/// The style sheet of pages with measurements: the console's colours, system fonts, a column that fits 400 pixels.
enum ReportStyle {
    static let sheet = """
        :root { color-scheme: light dark; \(Palette.light) \(Palette.chartsLight)
          --low: #4a7fb5; --mid: #8a5fb0; --high: #b8430b; }
        @media screen and (prefers-color-scheme: dark) { :root { \(Palette.dark) \(Palette.chartsDark)
          --low: #6db9e8; --mid: #b99ae0; --high: #ff9d5c; } }
        \(frame)
        \(tables)
        \(pictures)
        \(printing)
        """

    private static let frame = """
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--ground); color: var(--ink);
          font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
        header { background: var(--card); border-bottom: 1px solid var(--line); }
        header > div { max-width: 72.5rem; margin: 0 auto; padding: 1.3rem 1.25rem 1.1rem; }
        h1 { font-size: 1.35rem; margin: 0; letter-spacing: -.01em; overflow-wrap: anywhere; }
        h2 { font-size: 1.05rem; margin: 0 0 .6rem; }
        h3 { font-size: .92rem; margin: 1.2rem 0 .3rem; }
        header dl { display: flex; flex-wrap: wrap; gap: .4rem 2rem; margin: .6rem 0 0; }
        header dt { color: var(--soft); font-size: .78rem; }
        header dd { margin: 0; font-size: 1.05rem; font-variant-numeric: tabular-nums; }
        .lead ~ dl { margin-top: 1rem; gap: .5rem 2.6rem; } .lead ~ dl dd { font-size: 1.35rem; letter-spacing: -.01em; }
        .lead { font-size: 1.05rem; line-height: 1.55; color: var(--ink); margin: .55rem 0 0; max-width: 46rem;
          overflow-wrap: anywhere; }
        .lead + .lead { font-size: .95rem; color: var(--soft); margin-top: .35rem; }
        main { padding: 1.25rem; display: grid; grid-template-columns: minmax(0, 1fr); gap: 1.1rem; max-width: 72.5rem;
          margin: 0 auto; }
        section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1rem 1.25rem;
          overflow-x: auto; }
        p { margin: .5rem 0 0; color: var(--soft); font-size: .88rem; max-width: 46rem; }
        footer { padding: 0 1.25rem 2rem; color: var(--soft); font-size: .85rem; text-align: center; }
        p + table { margin-top: .8rem; }
        details { margin: .8rem 0 0; } summary { cursor: pointer; color: var(--sea); font-size: .9rem; }
        details > * + * { margin-top: .6rem; }
        :focus-visible { outline: 2px solid var(--sea); outline-offset: 2px; }
        code, pre { font: .88em ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
        pre { background: var(--ground); border: 1px solid var(--line); border-radius: 8px; padding: .6rem .9rem;
          margin: .5rem 0 0; white-space: pre-wrap; overflow-wrap: anywhere; }
        @media (max-width: 40rem) { main { padding: .7rem; gap: .7rem; } section { padding: .9rem .85rem; }
          header > div { padding: 1rem .85rem .9rem; } }
        """

    private static let tables = """
        table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; width: 100%; }
        caption { text-align: left; color: var(--soft); font-size: .85rem; padding: 0 0 .3rem; }
        th { text-align: left; color: var(--soft); font-weight: 600; font-size: .78rem; }
        th, td { padding: .28rem .8rem .28rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
        th:last-child, td:last-child { padding-right: 0; }
        tbody th { color: var(--ink); font-size: .9rem; font-weight: 500; overflow-wrap: anywhere; }
        td span { white-space: nowrap; } td .soft { color: var(--soft); font-size: .85em; margin-left: .35em; }
        td { overflow-wrap: anywhere; } .n { text-align: right; white-space: nowrap; }
        .wraps .n { white-space: normal; }
        tbody tr:last-child > * { border-bottom: 0; }
        small { display: block; color: var(--soft); font-size: .82rem; font-weight: 400; line-height: 1.4; }
        tr:has(.chosen) > * { background: var(--sea-soft); } .chosen { font-weight: 700; }
        tr:has(.chosen) > :first-child { padding-left: .5rem; } tr:has(.chosen) small { color: var(--ink); }
        @media (max-width: 40rem) { table { font-size: .84rem; } tbody th { font-size: .84rem; }
          th, td { padding-right: .55rem; } small { font-size: .78rem; }
          .stacked, .stacked thead, .stacked tbody, .stacked caption { display: block; }
          .stacked tr { display: grid; border-bottom: 1px solid var(--line); padding: .35rem 0; }
          .stacked tbody tr:last-child { border: 0; } .stacked tr > * { border: 0; text-align: left; padding: .1rem .5rem .1rem 0; }
          .stacked tr > :first-child { grid-column: 1 / -1; } .stacked thead th:first-child { display: none; }
          .c3 tr { grid-template-columns: repeat(3, minmax(0, 1fr)); } .c2 tr { grid-template-columns: repeat(2, minmax(0, 1fr)); }
          .stacked .n { white-space: normal; } .stacked tr:has(.chosen) { background: var(--sea-soft); padding-left: .5rem; }
          .stacked tr:has(.chosen) > * { background: none; padding-left: 0; } .stacked svg.cell { transform: scaleX(-1); }
          svg.plot text { font-size: 13.5px; } }
        svg.plot { max-width: 34rem; }
        """

    private static let pictures = """
        figure { margin: 0; min-width: 0; } figcaption { font-size: .85rem; color: var(--soft); margin: 0 0 .35rem; }
        figcaption b { color: var(--ink); font-weight: 600; }
        .pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)); gap: 1rem 1.6rem;
          margin: 0 0 1rem; }
        svg { width: 100%; height: auto; display: block; max-width: 60rem; }
        svg text { fill: var(--soft); font: 12px system-ui, "Segoe UI", Roboto, sans-serif; paint-order: stroke;
          stroke: var(--card); stroke-width: 3px; stroke-linejoin: round; }
        svg .grid { stroke: var(--line); stroke-width: 1; fill: none; } svg .bar { fill: var(--low); }
        svg path.mark { stroke-width: 1.5; stroke-dasharray: 4 3; fill: none; }
        svg .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
        path.low, circle.low { stroke: var(--low); } path.mid, circle.mid { stroke: var(--mid); } path.high, circle.high { stroke: var(--high); }
        svg circle { stroke-width: 2; fill: var(--card); }
        svg text.low { fill: var(--low); } svg text.mid { fill: var(--mid); }
        svg text.high { fill: var(--high); }
        svg path.front { fill: none; stroke: var(--sea); stroke-width: 1.5; }
        svg path.limit { fill: none; stroke: var(--bad); stroke-width: 1.2; stroke-dasharray: 5 4; }
        svg text.limit { fill: var(--bad); }
        svg circle.point { stroke: var(--sea); } svg circle.original { stroke: var(--ink); }
        svg circle.refused { stroke: var(--before); stroke-width: 1.5; }
        svg circle.winner { fill: var(--mark); stroke: var(--card); stroke-width: 2; }
        svg text.winner { fill: var(--mark); font-weight: 700; } svg text.original { fill: var(--ink); }
        svg text.winner { font-size: 13px; }
        svg .b { fill: var(--before); } svg .a { fill: var(--sea); } svg .e { fill: var(--mark); }
        svg .o { fill: none; stroke: var(--mark); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
        svg .axis { fill: none; stroke: var(--soft); stroke-width: 1; vector-effect: non-scaling-stroke; }
        svg .k0 { fill: var(--kind-0); } svg .k1 { fill: var(--kind-1); } svg .k2 { fill: var(--kind-2); }
        svg .k3 { fill: var(--kind-3); } svg .k4 { fill: var(--kind-4); } svg .k5 { fill: var(--kind-5); }
        svg.cell { width: 100%; height: 9px; margin-top: 3px; min-width: 3rem; }
        svg.strip { height: 84px; max-width: none; } svg.sum { height: 22px; max-width: none; border-radius: 3px; }
        svg.spread { height: 52px; max-width: none; } svg.dot { display: inline-block; width: .7rem; height: .7rem;
          margin-right: .45rem; }
        .ends { display: flex; justify-content: space-between; color: var(--soft); font-size: .78rem; gap: 1rem; }
        .stack { display: grid; gap: .9rem; margin: 0 0 1rem; }
        .many { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(10.5rem, 46%), 1fr)); gap: 1rem 1.2rem; }
        .many figcaption { margin: .25rem 0 0; overflow-wrap: anywhere; line-height: 1.35; font-size: .8rem; }
        .key { display: inline-block; width: .8rem; height: .8rem; vertical-align: -.1rem; margin-right: .3rem; }
        .steps { margin: 0; padding: 0 0 0 1.4rem; } .steps li { margin: 0 0 .55rem; overflow-wrap: anywhere; }
        .steps li::marker { color: var(--soft); font-variant-numeric: tabular-nums; } .steps b { font-weight: 600; }
        """

    private static let printing = """
        @media print { body { background: #fff; font-size: 10.5pt; } section { break-inside: avoid; border-radius: 0; }
          main { padding: 0; display: block; } section, header { border: 0; padding: .6rem 0; }
          tr, figure, li { break-inside: avoid; } summary { display: none; }
          details::details-content { content-visibility: visible; display: block; }
          * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
        """
}
