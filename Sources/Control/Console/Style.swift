import Charts

/// The console's one style sheet: system fonts, light and dark by preference, contrast of at least 4.5 to 1, a column that fits
/// 320 pixels.
enum Style {
    static let sheet = """
        :root { color-scheme: light dark; \(Palette.light) \(Palette.chartsLight) --canary: #b8860b; }
        @media (prefers-color-scheme: dark) { :root { \(Palette.dark) \(Palette.chartsDark) --canary: #e0b040; } }
        \(frame)
        \(parts)
        \(tables)
        \(pictures)
        \(narrow)
        """

    private static let frame = """
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--ground); color: var(--ink);
          font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
        a { color: var(--sea); text-underline-offset: .15em; text-decoration-thickness: .06em; }
        .skip { position: absolute; left: -999px; }
        .skip:focus { left: 1rem; top: 1rem; background: var(--card); padding: .5rem 1rem; z-index: 1; }
        .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
        header { background: var(--card); border-bottom: 1px solid var(--line); }
        header > div, main, footer { max-width: 74rem; margin: 0 auto; padding: 0 1.25rem; }
        header > div { display: flex; align-items: center; gap: .25rem 1.5rem; min-height: 3.5rem; flex-wrap: wrap; }
        .mark { font-weight: 700; font-size: 1.15rem; color: var(--ink); text-decoration: none; letter-spacing: -.01em;
          display: inline-flex; align-items: center; gap: .5rem; }
        nav { display: flex; gap: .15rem 1.1rem; flex-wrap: wrap; }
        nav a { text-decoration: none; padding: .3rem 0; border-bottom: 2px solid transparent; min-height: 1.5rem; }
        nav a:hover { border-color: var(--line); }
        nav a[aria-current] { border-color: var(--sea); color: var(--ink); }
        .tabs { margin: 0 0 1.1rem; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
        .tabs a { margin-bottom: -1px; }
        .tabs .crumb { color: var(--soft); font-weight: 600; margin-right: -.1rem; }
        .tabs .crumb::after { content: "›"; padding-left: .6rem; font-weight: 400; }
        .where { margin-left: auto; color: var(--soft); font-size: .9rem; }
        .who { color: var(--soft); font-size: .9rem; display: flex; gap: .5rem; align-items: center; min-width: 0; }
        .who b { color: var(--ink); max-width: 12rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
        .who button { min-height: 1.9rem; padding: .05rem .7rem; font-size: .85rem; }
        main { padding-top: 1.25rem; padding-bottom: 3rem; }
        main:focus { outline: 0; }
        footer { color: var(--soft); font-size: .85rem; padding-bottom: 2rem; }
        h1 { font-size: 1.6rem; line-height: 1.25; margin: .2rem 0 1rem; letter-spacing: -.01em; overflow-wrap: anywhere; }
        h2 { font-size: 1.1rem; margin: 0 0 .75rem; overflow-wrap: anywhere; }
        h3 { font-size: .95rem; margin: 0; overflow-wrap: anywhere; }
        .row { display: flex; flex-wrap: wrap; gap: .5rem .75rem; align-items: center; }
        .row > h1, .row > h2, .row > h3 { margin-right: .25rem; }
        .card > .row > h2, .card > .row > h3 { margin-bottom: 0; }
        .row > .push { margin-left: auto; }
        main > .row { margin-bottom: .9rem; } main > .row > h1 { margin: .2rem 0; } .card > .row { margin-bottom: .6rem; }
        .grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr)); gap: 1.1rem;
          margin-bottom: 1.1rem; }
        .grid > * { min-width: 0; } .grid > .card { margin: 0; }
        .card > .grid { gap: 1.5rem; margin: 0; }
        .lead { font-size: 1.02rem; margin: 0 0 .75rem; overflow-wrap: anywhere; max-width: 60rem; }
        .hint { color: var(--soft); font-size: .9rem; margin: .25rem 0 .5rem; font-weight: 400; }
        code, pre, .mono { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
          font-size: .88em; }
        .mono { color: var(--soft); overflow-wrap: anywhere; margin: .5rem 0 0; }
        pre { background: var(--ground); border: 1px solid var(--line); border-radius: 8px; padding: .75rem 1rem;
          overflow: auto; margin: .5rem 0; white-space: pre-wrap; overflow-wrap: anywhere; max-height: 22rem; text-align: left; }
        """

    private static let parts = """
        .card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1.1rem 1.25rem;
          margin: 0 0 1.1rem; min-width: 0; }
        .empty { text-align: center; padding: 2.5rem 1rem; }
        .empty pre { display: inline-block; margin: .5rem auto; }
        .facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.2rem, 1fr)); gap: .75rem 1rem;
          margin: 1rem 0 .25rem; }
        .facts dt { color: var(--soft); font-size: .8rem; }
        .facts dd { margin: 0; font-size: 1.25rem; font-variant-numeric: tabular-nums; letter-spacing: -.01em;
          overflow-wrap: anywhere; line-height: 1.3; }
        .small { margin: 0 0 .75rem; grid-template-columns: repeat(auto-fit, minmax(8rem, auto)); }
        .small dd { font-size: 1rem; }
        .pill { display: inline-block; border-radius: 99px; padding: .1rem .65rem; font-size: .85rem; font-weight: 600;
          background: var(--sea-soft); color: var(--sea); white-space: nowrap; text-decoration: none; }
        a.pill { min-height: 1.5rem; } a.pill:hover { text-decoration: underline; }
        .pill.good { background: var(--good-soft); color: var(--good); }
        .pill.warn { background: var(--warn-soft); color: var(--warn); }
        .pill.bad { background: var(--bad-soft); color: var(--bad); }
        .arms { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: 0; padding: 0; list-style: none; }
        button { font: inherit; font-weight: 600; border-radius: 8px; border: 1px solid var(--sea);
          background: var(--sea); color: var(--card); padding: .4rem 1rem; min-height: 2.4rem; cursor: pointer; }
        button.quiet { background: transparent; color: var(--sea); }
        button.danger { background: transparent; border-color: var(--bad); color: var(--bad); }
        :focus-visible { outline: 3px solid var(--sea); outline-offset: 2px; }
        label { display: block; font-weight: 600; margin: .5rem 0 .25rem; overflow-wrap: anywhere; }
        textarea, input, select { border: 1px solid var(--soft); border-radius: 8px; padding: .5rem .6rem;
          background: var(--ground); color: var(--ink); font: inherit; max-width: 100%; }
        textarea { width: 100%; min-height: 6rem; font-family: ui-monospace, Menlo, Consolas, monospace; font-size: .85rem; }
        .fields { display: flex; flex-wrap: wrap; gap: .4rem 1rem; align-items: flex-end; margin-bottom: 1.1rem; }
        .fields > div { min-width: 0; } .fields input, .fields select, .sign input { min-height: 2.6rem; }
        .sign { max-width: 34rem; margin: 3rem auto; } .sign input { width: 100%; } .sign form { margin: 0 0 .8rem; }
        .search { display: flex; gap: .5rem; align-items: center; flex-wrap: wrap; }
        .search label { margin: 0; font-size: .9rem; color: var(--soft); } .search input { min-height: 2.4rem; width: 14rem;
          min-width: 0; }
        canvas { border: 1px solid var(--line); border-radius: 8px; touch-action: none; cursor: crosshair;
          background: #0b1218; display: block; max-width: 100%; }
        canvas[hidden], button[hidden] { display: none; }
        .answer { font-size: 3rem; font-weight: 700; line-height: 1.1; margin: 0 0 .75rem; overflow-wrap: anywhere; }
        .bars { list-style: none; margin: .5rem 0; padding: 0; }
        .bars li { display: grid; grid-template-columns: minmax(3.5rem, auto) 1fr 5rem; gap: .6rem; align-items: center; }
        .bars svg { display: block; width: 100%; height: .7rem; border-radius: 99px; }
        .bars .number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
        details { border-top: 1px solid var(--line); } details:first-of-type { border-top: 0; }
        summary { cursor: pointer; padding: .45rem 0; color: var(--sea); font-weight: 600; min-height: 1.5rem; }
        .code { display: flex; flex-direction: column; } .code .copy { align-self: flex-end; min-height: 1.9rem; padding: .1rem .7rem;
          font-size: .85rem; }
        canvas ~ button { margin: 0 0 .6rem; }
        .note { border-left: 4px solid var(--sea); padding: .5rem 1rem; background: var(--sea-soft); border-radius: 6px;
          margin: 0 0 1rem; overflow-wrap: anywhere; }
        .note.bad { border-color: var(--bad); background: var(--bad-soft); }
        .steps { display: flex; gap: .3rem; list-style: none; padding: 0; margin: .75rem 0; flex-wrap: wrap; }
        .steps li { flex: 1 1 3.5rem; text-align: center; font-size: .85rem; font-variant-numeric: tabular-nums;
          border-top: 5px solid var(--line); padding-top: .25rem; color: var(--soft); }
        .steps .past { border-color: var(--sea); } .steps .past::before { content: "✓ "; }
        .steps .here { border-color: var(--canary); color: var(--ink); font-weight: 700; } .steps .here::before { content: "▲ "; }
        .lineage { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: .5rem 0; align-items: stretch; }
        .lineage li { border: 1px solid var(--line); border-radius: 8px; padding: .5rem .8rem; min-width: 0; max-width: 100%;
          background: var(--ground); }
        .lineage li + li { margin-left: 2rem; position: relative; }
        .lineage li + li::before { content: "→"; position: absolute; left: -1.5rem; top: 50%; transform: translateY(-50%);
          color: var(--soft); }
        .lineage li[aria-current] { border-color: var(--sea); background: var(--sea-soft); }
        .lineage b { display: block; overflow-wrap: anywhere; } .lineage span { color: var(--soft); font-size: .88rem;
          overflow-wrap: anywhere; }
        .lineage li[aria-current] span { color: var(--ink); }
        .matches { margin: 0; padding: 0 0 0 1.1rem; max-height: 20rem; overflow: auto; overflow-wrap: anywhere; }
        """

    private static let tables = """
        table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
        caption { text-align: left; font-weight: 600; padding: 0 0 .5rem; }
        * + table { margin-top: 1.1rem; }
        th, td { text-align: left; padding: .45rem .9rem .45rem 0; border-bottom: 1px solid var(--line);
          vertical-align: top; overflow-wrap: break-word; }
        th:last-child, td:last-child { padding-right: 0; }
        thead th { color: var(--soft); font-weight: 600; font-size: .85rem; white-space: nowrap; }
        tbody th { font-weight: 500; overflow-wrap: anywhere; }
        .list tbody th { min-width: 12.5rem; } .list .free { min-width: 8rem; } td.free, td code { overflow-wrap: anywhere; }
        .traffic { min-width: 11rem; } .when { white-space: nowrap; color: var(--soft); font-size: .9rem; }
        td.number, th.number { text-align: right; white-space: nowrap; }
        td.number + td:not(.number), th.number + th:not(.number) { padding-left: 1.2rem; }
        td.do { text-align: right; } td.do button { min-height: 1.9rem; padding: .05rem .7rem; font-size: .85rem; }
        tbody tr:last-child > * { border-bottom: 0; }
        table + h2 { margin-top: 1.2rem; } .named th { width: 14rem; color: var(--soft); font-size: .9rem; }
        .by { display: block; color: var(--soft); font-size: .85rem; overflow-wrap: anywhere; }
        .now { font-weight: 600; color: var(--good); font-size: .85rem; white-space: nowrap; }
        .size { white-space: nowrap; } .size svg { width: 4rem; height: .5rem; margin-right: .5rem; border-radius: 99px; }
        .pair { min-width: 7rem; width: 24%; vertical-align: middle; } .pair svg { display: block; width: 100%; height: .7rem; }
        .wide { overflow-x: auto; } .wide * + table { margin-top: 0; }
        .confusion { width: auto; } .confusion td, .confusion th { padding: .3rem .55rem; border: 1px solid var(--line); }
        .confusion tbody tr:last-child > * { border-bottom: 1px solid var(--line); }
        .wide:has(.confusion) { margin-top: 1.1rem; } .confusion thead td { border: 0; } .confusion tbody th { white-space: nowrap; }
        .confusion .none { color: var(--soft); }
        .hit1, .hit2, .hit3 { background: var(--good-soft); color: var(--good); } .hit2, .hit3 { font-weight: 700; }
        .miss1 { color: var(--warn); } .miss2 { background: var(--warn-soft); color: var(--warn); }
        .miss3 { background: var(--bad-soft); color: var(--bad); font-weight: 700; }
        """

    private static let pictures = """
        svg.split { display: block; width: 100%; height: .8rem; border-radius: 99px; margin: .75rem 0 .4rem; }
        svg rect.stable, svg .fill { fill: var(--sea); }
        svg rect.canary { fill: var(--canary); }
        svg rect.shadow { fill: var(--before); }
        svg rect.rest { fill: var(--line); }
        svg .then { fill: var(--before); opacity: .55; } svg .current { fill: var(--mark); }
        svg text { fill: var(--soft); font: 11px system-ui, sans-serif; }
        svg .axis { stroke: var(--soft); fill: none; } svg .grid { stroke: var(--line); fill: none; }
        svg.plot, svg.feature { display: block; width: 100%; height: auto; max-width: 44rem; }
        svg path.area { fill: var(--kind-5); stroke: none; opacity: .5; } .legend path.area { stroke: var(--kind-5); }
        svg path[class^=series] { fill: none; stroke-width: 1.6; stroke-linejoin: round; }
        svg .series-0 { stroke: var(--kind-0); } svg .series-1 { stroke: var(--kind-1); } svg .series-2 { stroke: var(--kind-2); }
        svg .series-3 { stroke: var(--kind-3); } svg .series-4 { stroke: var(--kind-4); } svg .series-5 { stroke: var(--kind-5); }
        svg .series-good { stroke: var(--good); } svg path.series-all { stroke: var(--ink); stroke-width: 2.6; }
        svg circle.series-all, svg circle.series-good { fill: var(--card); stroke: var(--ink); stroke-width: 2; }
        svg circle[class^=series] { fill: var(--card); stroke-width: 2; }
        svg path.bound { stroke: var(--bad); stroke-width: 1.4; stroke-dasharray: 6 4; fill: none; }
        svg text.bound { fill: var(--bad); font-weight: 600; }
        svg path.bound-good { stroke: var(--good); stroke-width: 1.4; stroke-dasharray: 6 4; fill: none; }
        svg text.bound-good { fill: var(--good); font-weight: 600; }
        svg path.marker { stroke: var(--soft); stroke-dasharray: 2 3; fill: none; } svg circle.marker { fill: var(--soft); }
        .legend { display: flex; flex-wrap: wrap; gap: .1rem 1rem; list-style: none; padding: 0; margin: 0 0 .4rem;
          font-size: .85rem; color: var(--soft); }
        .legend svg { width: 1rem; height: .5rem; } .legend path { stroke-width: 4; } .legend path[class^=series] { stroke-width: 4; }
        .legend b { color: var(--ink); }
        .facts + .legend { margin-top: .8rem; }
        .features { list-style: none; margin: .5rem 0 0; padding: 0; display: grid; gap: 1.1rem;
          grid-template-columns: repeat(auto-fill, minmax(min(19rem, 100%), 1fr)); }
        .features li { border: 1px solid var(--line); border-radius: 8px; padding: .7rem .8rem; min-width: 0; }
        .features .pill { margin-left: auto; } .features svg { margin: .4rem 0; }
        .features + details { margin-top: 1rem; }
        .images { display: flex; flex-wrap: wrap; gap: .8rem 1.5rem; margin: 1rem 0; } figure { margin: 0; width: 10rem; }
        svg.pixels { display: block; width: 100%; height: auto; border: 1px solid var(--line); border-radius: 6px;
          shape-rendering: crispEdges; margin-bottom: .3rem; } svg.pixels.small { width: 3.2rem; margin: .3rem 0; }
        .shown .ground { fill: #0b1218; } .shown path { fill: #fff; } .effects .ground { fill: var(--ground); }
        .effects path { fill: var(--mark); }
        \(shades)
        .pairs { display: grid; grid-template-columns: 1fr 1fr; gap: .1rem .8rem; margin: 0; font-size: .85rem; }
        .pairs div { display: flex; gap: .4rem; min-width: 0; } .pairs dt { color: var(--soft); } .pairs dd { margin: 0;
          overflow-wrap: anywhere; }
        .pairs div:first-child { grid-column: 1 / -1; }
        .stage { overflow: auto; max-height: 44rem; border: 1px solid var(--line); border-radius: 8px; background: var(--ground);
          margin: .5rem 0; cursor: grab; } .stage svg { display: block; margin: 0 auto; }
        .graph .lines path { fill: none; stroke: var(--soft); stroke-width: 1.2; opacity: .7; }
        .graph .box rect { fill: var(--card); stroke: var(--kind-5); stroke-width: 1.3; }
        .graph .box text { text-anchor: middle; } .graph .what { font: 600 13px system-ui, sans-serif; fill: var(--ink); }
        .graph .input rect, .graph .output rect, .graph .outside rect { fill: var(--sea-soft); stroke: var(--sea); }
        .graph .group rect { stroke: var(--sea); stroke-width: 1.8; } .graph a:hover rect { fill: var(--sea-soft); }
        .graph .convolution rect, .graph .matrix rect { stroke: var(--kind-0); } .graph .activation rect { stroke: var(--kind-1); }
        .graph .norm rect, .graph .pool rect { stroke: var(--kind-2); } .graph .quantised rect { stroke: var(--kind-3); }
        .graph .shape rect { stroke: var(--kind-4); } .graph .marked rect { stroke: var(--mark); stroke-width: 3.5; }
        .graph a:focus-visible { outline: 0; } .graph a:focus-visible rect { stroke: var(--mark); stroke-width: 3.5; }
        """

    /// Of pictures that are grids.
    private static let shades = (1..<PixelPicture.shades).map { shade in
        ".shade-\(shade) { opacity: \(Double(shade) / Double(PixelPicture.shades)); }"
    }.joined(separator: " ")

    private static let narrow = """
        @media (min-width: 70rem) { .facts:has(> :nth-child(8):last-child) { grid-template-columns: repeat(4, 1fr); } }
        @media (max-width: 44rem) {
          header > div, main, footer { padding-left: .9rem; padding-right: .9rem; }
          .where { display: none; } .who { margin-left: auto; } nav { gap: .15rem .7rem; font-size: .9rem; }
          header > div { padding-bottom: .4rem; padding-top: .4rem; }
          .card { padding: .9rem; } .extra { display: none; } h1 { font-size: 1.4rem; }
          .facts { grid-template-columns: repeat(auto-fit, minmax(6.4rem, 1fr)); gap: .75rem .7rem; }
          .facts dd { font-size: 1.05rem; } .facts.small > :last-child { grid-column: 1 / -1; }
          .row > .push { margin-left: 0; } .search input { flex: 1 1 8rem; width: auto; } .search { width: 100%; }
          button { padding: .35rem .75rem; } .confusion td, .confusion th { padding: .25rem .3rem; font-size: .8rem; }
          table { font-size: .88rem; } th, td { padding-right: .5rem; } thead th { white-space: normal; font-size: .78rem; }
          .list thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
          .list, .list tbody, .list caption { display: block; }
          .list tr { display: flex; flex-wrap: wrap; gap: .15rem .7rem; padding: .6rem 0; border-bottom: 1px solid var(--line); }
          .list tbody tr:last-child { border: 0; } .list td, .list th { border: 0; padding: 0; text-align: left; }
          .list .free { flex-basis: 100%; } .list .number { white-space: normal; }
          .named th { width: 9.2rem; } .compact tbody th { min-width: 4.6rem; }
          .list tbody th, .list .free { min-width: 0; } .confusion caption { max-width: calc(100vw - 5rem); }
          .lineage { flex-direction: column; gap: 1.6rem; } .lineage li + li { margin-left: 0; }
          .lineage li + li::before { content: "↓"; left: 50%; top: -1.5rem; transform: none; }
          svg.plot text { font-size: 17px; } svg.feature text { font-size: 12px; }
          .answer { font-size: 2.4rem; } .stage { max-height: 30rem; }
        }
        @media print { header, footer, form, .tabs { display: none; } .card { break-inside: avoid; border: 0; } }
        """
}
