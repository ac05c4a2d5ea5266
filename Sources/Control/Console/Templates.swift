/// The console's pages as Mustache templates, compiled into the program.
enum Templates {
    static let all: [String: String] = [
        "layout": layout, "overview": overview, "endpoint": endpoint, "models": models, "version": version,
        "message": message, "split": split, "facts": facts, "answer": answer, "confusion": confusion,
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
        <nav aria-label="Pages">
        <a href="/"{{#onOverview}} aria-current="page"{{/onOverview}}>Endpoints</a>
        <a href="/models"{{#onModels}} aria-current="page"{{/onModels}}>Models</a>
        <a href="/metrics">Metrics</a>
        </nav>
        <span class="where">data plane <code>{{dataPlane}}</code></span>
        </div></header>
        <main id="main">
        {{#notice}}<p class="note{{#noticeIsBad}} bad{{/noticeIsBad}}" role="status">{{notice}}</p>{{/notice}}
        {{$content}}{{/content}}
        </main>
        <footer>Slipway {{version}} · up {{uptime}} · figures of the last minute</footer>
        </body>
        </html>
        """

    private static let overview = """
        {{<layout}}{{$content}}
        <h1>Endpoints</h1>
        <div id="endpoints" data-live>
        {{#endpoints}}
        <section class="card" aria-labelledby="name-{{name}}">
        <div class="row">
        <h2 id="name-{{name}}"><a href="/endpoints/{{name}}">{{name}}</a></h2>
        <span class="pill {{healthClass}}">{{health}}</span>
        <span class="push row">
        {{#canRollBack}}
        <form method="post" action="/endpoints/{{name}}/rollback" data-confirm="Roll {{name}} back to {{rollbackTarget}}?">
        <input type="hidden" name="token" value="{{token}}">
        <button class="danger" type="submit">Roll back to {{rollbackTarget}}</button>
        </form>
        {{/canRollBack}}
        </span>
        </div>
        {{>split}}
        {{>facts}}
        <p class="hint">Revision {{revision}}: {{lastChange}}, {{lastChangeAge}}</p>
        </section>
        {{/endpoints}}
        {{^endpoints}}
        <section class="card empty"><h2>Nothing is deployed yet</h2>
        <p>Bring a model in and put it into production:</p>
        <pre>slipway import model.onnx --name mymodel
        slipway deploy mymodel:1</pre></section>
        {{/endpoints}}
        </div>
        {{/content}}{{/layout}}
        """

    private static let split = """
        <svg class="split" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label="Traffic: {{splitText}}">
        {{#arms}}<rect class="{{role}}" x="{{start}}" width="{{share}}" height="8"/>{{/arms}}
        </svg>
        <ul class="arms">{{#arms}}<li><svg width="11" height="11" aria-hidden="true"><rect class="{{role}}" width="11" height="11" rx="3"/></svg> <a href="/models/{{model}}/{{number}}">{{reference}}</a> {{weight}}{{#isCanary}} canary{{/isCanary}}{{#accuracy}} · accuracy {{accuracy}}{{/accuracy}}</li>{{/arms}}</ul>
        """

    private static let facts = """
        <dl class="facts">
        <div><dt>Requests</dt><dd>{{rate}}/s</dd></div>
        <div><dt>Errors</dt><dd>{{errors}}</dd></div>
        <div><dt>p50</dt><dd>{{p50}}</dd></div>
        <div><dt>p99</dt><dd>{{p99}}</dd></div>
        <div><dt>In flight</dt><dd>{{inFlight}}</dd></div>
        <div><dt>Answered</dt><dd>{{total}}</dd></div>
        </dl>
        """

    private static let endpoint = """
        {{<layout}}{{$content}}
        {{#endpoint}}
        <div class="row"><h1>{{name}}</h1><span id="health" data-live><span class="pill {{healthClass}}">{{health}}</span></span>
        <span class="push row" id="acts" data-live>
        {{#canPromote}}<form method="post" action="/endpoints/{{name}}/promote" data-confirm="Send all traffic to {{promoteTarget}}?">
        <input type="hidden" name="token" value="{{token}}"><button type="submit">Promote {{promoteTarget}}</button></form>{{/canPromote}}
        {{#canRollBack}}<form method="post" action="/endpoints/{{name}}/rollback" data-confirm="Roll {{name}} back to {{rollbackTarget}}?">
        <input type="hidden" name="token" value="{{token}}"><button class="danger" type="submit">Roll back to {{rollbackTarget}}</button></form>{{/canRollBack}}
        </span></div>
        <section class="card" id="live" data-live>
        {{>split}}
        {{>facts}}
        {{{chart}}}
        </section>
        <div class="grid">
        <section class="card">
        <h2>Try it</h2>
        <form method="post" action="/endpoints/{{name}}/try">
        <input type="hidden" name="token" value="{{token}}">
        {{#inputs}}
        <label for="in-{{index}}">{{name}} <span class="hint">{{type}} {{shape}}</span></label>
        {{#isImage}}<canvas data-grid data-columns="{{columns}}" data-rows="{{rows}}" data-maximum="{{maximum}}" data-field="in-{{index}}" data-clear="clear-{{index}}" width="240" height="240" hidden tabindex="0" role="img" aria-label="Draw {{name}} here"></canvas>
        <p class="hint">Draw above with the mouse or a finger, or edit the numbers below.</p>
        <button class="quiet" type="button" id="clear-{{index}}" hidden>Clear</button>{{/isImage}}
        <textarea id="in-{{index}}" name="in-{{index}}" spellcheck="false">{{value}}</textarea>
        <p class="hint">{{hint}}</p>
        {{/inputs}}
        <button type="submit">Ask</button>
        </form>
        </section>
        <section class="card" aria-live="polite">
        <h2>Answer</h2>
        <div id="answer">{{>answer}}</div>
        <h2>The same from a shell</h2>
        <pre>{{curl}}</pre>
        </section>
        </div>
        <section class="card" id="revisions" data-live>
        <table><caption>Revisions</caption>
        <thead><tr><th scope="col" class="number">No.</th><th scope="col">What</th><th scope="col">Traffic</th><th scope="col">Outcome</th><th scope="col">When</th></tr></thead>
        <tbody>{{#revisions}}<tr><td class="number">{{number}}{{#isCurrent}} ◀{{/isCurrent}}</td><td>{{what}}</td><td>{{traffic}}</td><td class="free"><span class="pill {{outcomeClass}}">{{outcome}}</span>{{#reason}} <span class="hint">{{reason}}</span>{{/reason}}</td><td>{{#at}}<time datetime="{{iso}}">{{shown}}</time>{{/at}}</td></tr>{{/revisions}}</tbody>
        </table>
        </section>
        {{/endpoint}}
        {{/content}}{{/layout}}
        """

    private static let answer = """
        {{#answered}}
        {{#headline}}<p class="answer">{{headline}}</p>{{/headline}}
        {{#outputs}}
        <h3><code>{{name}}</code> <span class="hint">{{type}} {{shape}}</span></h3>
        {{^hasBars}}<pre>{{text}}</pre>{{/hasBars}}
        {{#hasBars}}<ul class="bars">{{#bars}}<li><span>{{label}}</span><svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="rest" width="100" height="8"/><rect class="fill" width="{{width}}" height="8"/></svg><span class="number">{{value}}</span></li>{{/bars}}</ul>{{/hasBars}}
        {{/outputs}}
        <p class="hint">{{servedBy}} in {{took}}</p>
        {{/answered}}
        {{#problem}}<p class="note bad">{{problem}}</p>{{/problem}}
        {{^answered}}{{^problem}}<p class="hint">Ask, and the answer appears here.</p>{{/problem}}{{/answered}}
        """

    private static let models = """
        {{<layout}}{{$content}}
        <h1>Models</h1>
        {{#models}}
        <section class="card">
        <table><caption><a href="/models/{{name}}">{{name}}</a></caption>
        <thead><tr><th scope="col">Version</th><th scope="col">Aliases</th><th scope="col">Accuracy</th><th scope="col" class="number">Size</th><th scope="col">Imported</th><th scope="col">Note</th></tr></thead>
        <tbody>{{#versions}}<tr><td><a href="/models/{{model}}/{{number}}">{{reference}}</a></td><td>{{aliases}}</td><td>{{accuracy}}</td><td class="number">{{size}}</td><td>{{#at}}<time datetime="{{iso}}">{{shown}}</time>{{/at}}</td><td class="free">{{note}}</td></tr>{{/versions}}</tbody>
        </table>
        {{#older}}<p><a rel="next" href="{{older}}">Older versions of {{name}}</a></p>{{/older}}
        </section>
        {{/models}}
        {{#nextModels}}<p><a rel="next" href="{{nextModels}}">More models</a></p>{{/nextModels}}
        {{^models}}<section class="card empty"><h2>No models yet</h2><pre>slipway import model.onnx --name mymodel</pre></section>{{/models}}
        {{/content}}{{/layout}}
        """

    private static let version = """
        {{<layout}}{{$content}}
        {{#model}}
        <h1>{{reference}}</h1>
        <section class="card">
        <p class="mono">{{digest}}</p>
        {{#note}}<p>{{note}}</p>{{/note}}
        <table><caption>Signature</caption>
        <thead><tr><th scope="col">Direction</th><th scope="col">Name</th><th scope="col">Type</th><th scope="col">Shape</th></tr></thead>
        <tbody>{{#tensors}}<tr><td>{{direction}}</td><td><code>{{name}}</code></td><td>{{type}}</td><td>{{shape}}</td></tr>{{/tensors}}</tbody>
        </table>
        </section>
        <section class="card">
        <table><caption>What is known about it</caption>
        <tbody>{{#facts}}<tr><th scope="row">{{name}}</th><td class="free">{{value}}</td></tr>{{/facts}}</tbody>
        </table>
        </section>
        {{#confusion}}<section class="card">{{>confusion}}</section>{{/confusion}}
        {{/model}}
        {{/content}}{{/layout}}
        """

    private static let confusion = """
        <table><caption>Confusion: rows are true classes, columns what was predicted</caption>
        <thead><tr><th scope="col"></th>{{#headings}}<th scope="col" class="number">{{.}}</th>{{/headings}}</tr></thead>
        <tbody>{{#rows}}<tr><th scope="row">{{name}}</th>{{#cells}}<td class="number">{{.}}</td>{{/cells}}</tr>{{/rows}}</tbody>
        </table>
        """

    private static let message = """
        {{<layout}}{{$content}}
        <section class="card empty"><h1>{{heading}}</h1><p>{{text}}</p><p><a href="/">All endpoints</a></p></section>
        {{/content}}{{/layout}}
        """
}
