import Charts

/// The style sheet of a model's page: system fonts, light and dark, contrast of at least 4.5 to 1.
enum PageStyle {
    /// What a graph has beside the colours of everything that is drawn: grounds for kinds of nodes, with ink upon them.
    private static let light = """
        \(Palette.light) \(Palette.chartsLight) --edge: #8795a5;
          --convolution: #d5e6f5; --matrix: #d9e0f7; --norm: #e6e0f5; --activation: #fbe0d3; --pool: #d6efdf;
          --shape: #eceff2; --quantised: #f9ecc5; --classic: #f5dce8; --plain: #e9eaec; --port: #cfe9ee;
        """
    private static let dark = """
        \(Palette.dark) \(Palette.chartsDark) --edge: #62748a;
          --convolution: #173a57; --matrix: #232f61; --norm: #372a5c; --activation: #552a18; --pool: #17422a;
          --shape: #2a333d; --quantised: #4a3a0c; --classic: #4c1f35; --plain: #2b2f35; --port: #124650;
        """

    static let sheet = """
        :root { color-scheme: light dark; \(light) }
        :root[data-theme=dark] { color-scheme: dark; \(dark) }
        @media (prefers-color-scheme: dark) { :root:not([data-theme=light]) { color-scheme: dark; \(dark) } }
        :root[data-theme=light] { color-scheme: light; }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--ground); color: var(--ink);
          font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
        a { color: var(--sea); }
        .top { padding: 1rem 1.25rem .75rem; background: var(--card); border-bottom: 1px solid var(--line); }
        h1 { font-size: 1.35rem; margin: 0; letter-spacing: -.01em; overflow-wrap: anywhere; }
        h2 { font-size: 1.1rem; margin: 0 0 .6rem; }
        .facts { display: flex; flex-wrap: wrap; gap: .3rem 2rem; margin: .6rem 0 0; }
        .facts div { min-width: 5rem; }
        .facts dt { color: var(--soft); font-size: .78rem; }
        .facts dd { margin: 0; font-size: 1.05rem; font-variant-numeric: tabular-nums; }
        .bar { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; padding: .6rem 1.25rem; }
        .bar .push { margin-left: auto; color: var(--soft); font-size: .85rem; }
        button, input { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line);
          border-radius: 7px; padding: .3rem .7rem; }
        button { cursor: pointer; }
        input { min-width: 15rem; }
        :focus-visible { outline: 2px solid var(--sea); outline-offset: 1px; }
        .stage { position: relative; margin: 0 1.25rem; border: 1px solid var(--line); border-radius: 12px;
          background: var(--card); overflow: auto; height: min(78vh, 60rem); }
        .live .stage { overflow: hidden; }
        .live #graph { width: 100%; height: 100%; touch-action: none; cursor: grab; display: block; }
        .live #graph.moving { cursor: grabbing; }
        svg text { fill: var(--ink); text-anchor: middle; font: 12px system-ui, "Segoe UI", Roboto, sans-serif; }
        svg .what { font-weight: 600; font-size: 13px; }
        svg .dims { font-size: 11px; fill: var(--ink); opacity: .85; }
        #lines path { fill: none; stroke: var(--edge); stroke-width: 1.3; }
        .box rect { fill: var(--plain); stroke: var(--edge); stroke-width: 1; }
        .box { cursor: pointer; }
        .convolution rect { fill: var(--convolution); } .matrix rect { fill: var(--matrix); }
        .norm rect { fill: var(--norm); } .activation rect { fill: var(--activation); }
        .pool rect { fill: var(--pool); } .box.shape rect { fill: var(--shape); }
        .quantised rect { fill: var(--quantised); } .classic rect { fill: var(--classic); }
        .port rect { fill: var(--port); rx: 20px; }
        .box.hit rect { stroke: var(--mark); stroke-width: 2.5; }
        .box.on rect { stroke: var(--sea); stroke-width: 3; }
        aside { position: absolute; top: 0; right: 0; bottom: 0; width: min(26rem, 92%); overflow: auto; padding: 1rem;
          background: var(--card); border-left: 1px solid var(--line); overflow-wrap: anywhere; }
        aside h3 { margin: 0 2.5rem .1rem 0; font-size: 1.05rem; }
        aside h4 { margin: .9rem 0 .2rem; font-size: .82rem; color: var(--soft); font-weight: 600; }
        aside dl { margin: 0; display: grid; grid-template-columns: minmax(5rem, max-content) minmax(8rem, 1fr); gap: .1rem .8rem; }
        aside dt { color: var(--soft); max-width: 14rem; } aside dd { margin: 0; font-variant-numeric: tabular-nums; }
        aside .close { position: absolute; top: .7rem; right: .7rem; }
        main { padding: 1.25rem; }
        section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1rem 1.25rem;
          margin: 0 0 1.1rem; overflow-x: auto; }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; width: 100%; }
        th { text-align: left; color: var(--soft); font-weight: 600; font-size: .78rem; }
        th, td { padding: .22rem .8rem .22rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
        td { overflow-wrap: anywhere; } .n { text-align: right; white-space: nowrap; } tr:last-child td { border: 0; }
        .histogram { width: 128px; height: 28px; display: block; } .histogram path { fill: var(--sea); }
        aside .histogram { width: 100%; height: 72px; }
        .soft { color: var(--soft); }
        footer { padding: 0 1.25rem 2rem; color: var(--soft); font-size: .85rem; }
        .needs { display: none; } .live .needs { display: inline-block; } .live input.needs { display: inline-block; }
        @media print { .stage { height: auto; overflow: visible; } .bar { display: none; } }
        """
}
