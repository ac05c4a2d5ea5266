/// The console's pages as Mustache templates, compiled into the program. Each page's own is in its file; what several share
/// is here.
enum Templates {
    static let all: [String: String] = [
        "layout": layout, "message": message, "act": act, "pill": pill, "legend": legend, "moment": moment,
        "figures": figures, "pair": pair,
        "overview": overview, "split": split, "declared": declared, "facts": facts,
        "endpoint": endpoint, "answer": answer, "keys": keys, "rollout": rollout, "drift": drift, "history": history,
        "revisions": revisions,
        "models": models, "version": version, "graph": graph, "reports": reports, "confusion": confusion,
        "tokens": tokens, "doctor": doctor, "sign": sign, "compared": compared, "changes": changes,
        "alerts": alerts, "alarm": alarm,
    ]

    private static let layout = """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>{{title}} · Slipway</title>
        <link rel="icon" href="/console/icon.svg" type="image/svg+xml">
        <link rel="stylesheet" href="/console/style.css">
        <script src="/console/script.js" defer></script>
        </head>
        <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header><div>
        <a class="mark" href="/"><svg width="26" height="26" viewBox="0 0 32 32" aria-hidden="true"><path class="fill" d="M4 20h20l4-6-3 12H9z"/><path class="fill" d="M14 5v13H6z"/><path class="fill" d="M16 8v10h7z"/></svg>Slipway</a>
        {{^isClosed}}<nav aria-label="Pages">
        <a href="/"{{#onOverview}} aria-current="page"{{/onOverview}}>Endpoints</a>
        <a href="/models"{{#onModels}} aria-current="page"{{/onModels}}>Models</a>
        <a href="/history"{{#onHistory}} aria-current="page"{{/onHistory}}>History</a>
        <a href="/alerts"{{#onAlerts}} aria-current="page"{{/onAlerts}}>Alerts</a>
        {{#isAdministrator}}<a href="/tokens"{{#onTokens}} aria-current="page"{{/onTokens}}>Tokens</a>
        <a href="/doctor"{{#onDoctor}} aria-current="page"{{/onDoctor}}>Doctor</a>
        {{/isAdministrator}}
        </nav>{{/isClosed}}
        <span class="where">data plane <code>{{dataPlane}}</code></span>
        {{#who}}<span class="who"><b>{{who}}</b> {{role}}{{#signOut}} <form method="post" action="/sign-out"><input type="hidden" name="token" value="{{signOut}}"><button class="quiet" type="submit">Sign out</button></form>{{/signOut}}</span>{{/who}}
        </div></header>
        <main id="main" tabindex="-1">
        {{#notice}}<p class="note{{#noticeIsBad}} bad{{/noticeIsBad}}" role="status">{{notice}}</p>{{/notice}}
        {{#hasTabs}}<nav class="tabs" aria-label="About the same">{{#crumbs}}<a class="crumb" href="{{path}}">{{name}}</a>{{/crumbs}}{{#tabs}}<a href="{{path}}"{{#isHere}} aria-current="page"{{/isHere}}>{{name}}</a>{{/tabs}}</nav>{{/hasTabs}}
        {{$content}}{{/content}}
        </main>
        <footer>Slipway {{version}} · up {{uptime}} · times are UTC{{^isClosed}} · <a href="/metrics">metrics</a>{{/isClosed}}</footer>
        </body>
        </html>
        """

    private static let message = """
        {{<layout}}{{$content}}
        <section class="card empty"><h1>{{heading}}</h1><p>{{text}}</p><p><a href="/">All endpoints</a></p></section>
        {{/content}}{{/layout}}
        """

    private static let act = """
        <form method="post" action="{{path}}" data-confirm="{{question}}"><input type="hidden" name="token" value="{{token}}">{{#action}}<input type="hidden" name="action" value="{{action}}">{{/action}}<button{{#isDanger}} class="danger"{{/isDanger}} type="submit">{{label}}{{#about}}<span class="unseen"> {{about}}</span>{{/about}}</button></form>
        """

    private static let pill = """
        {{#path}}<a class="pill {{style}}" href="{{path}}">{{text}}</a>{{/path}}{{^path}}<span class="pill {{style}}">{{text}}</span>{{/path}}
        """

    private static let legend = """
        <ul class="legend">{{#keys}}<li><svg viewBox="0 0 16 8" aria-hidden="true"><path class="{{style}}" d="M0 4H16"/></svg> {{name}}{{#value}} <b>{{value}}</b>{{/value}}</li>{{/keys}}</ul>
        """

    /// Facts side by side.
    private static let figures = """
        <dl class="facts">{{#facts}}<div><dt>{{name}}</dt><dd>{{value}}</dd></div>{{/facts}}</dl>
        """

    /// One of facts below each other, in a table.
    private static let pair = """
        <tr><th scope="row">{{name}}</th><td class="free">{{value}}</td></tr>
        """

    private static let moment = """
        {{#at}}<time datetime="{{iso}}">{{shown}}</time>{{/at}}
        """
}
