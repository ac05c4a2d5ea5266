import Home
import Tensors

@testable import Control

/// Every page's view, with one text wherever there is a text.
enum SampleViews {
    static func all(_ text: String) -> [(name: String, template: String, view: Any)] {
        [
            ("overview", "overview", overview(text)), ("endpoint", "endpoint", endpoint(text, bars: true)),
            ("endpoint without bars", "endpoint", endpoint(text, bars: false)), ("rollout", "rollout", rollout(text)),
            ("drift", "drift", drift(text)), ("history of one", "history", history(text, isOfOne: true)),
            ("history of all", "history", history(text, isOfOne: false)), ("models", "models", models(text)),
            ("version", "version", version(text)), ("graph", "graph", graph(text, problem: nil)),
            ("graph with a problem", "graph", graph(text, problem: text)), ("reports", "reports", reports(text)),
            ("tokens", "tokens", tokens(text)), ("doctor", "doctor", doctor(text)),
            ("sign", "sign", sign(text)), ("alerts", "alerts", alerts(text)),
        ]
    }

    /// Pages without anything, and what they say then.
    static var empty: [(template: String, view: Any, words: String)] {
        [
            (
                "overview",
                Views.OverviewPage(
                    endpoints: [], alarm: nil, count: "0", search: "", hasSearch: false, next: nil, isEmpty: true,
                    isNotFound: false
                ),
                "slipway deploy mymodel:1"
            ),
            (
                "models",
                Views.ModelsPage(
                    title: "", models: [], isEmpty: true, isList: true, nextModels: nil, moves: [], hasMoves: false),
                "slipway import model.onnx"
            ),
            ("rollout", RolloutWords.nothing("digits"), "--strategy canary"),
            (
                "history",
                Views.HistoryPage(
                    title: "", revisions: [], hasRevisions: false, events: [], hasEvents: false, older: nil),
                "Nothing has happened yet"
            ),
            (
                "drift", Views.DriftPage(endpoint: "", versions: [], problem: nil, isEmpty: true),
                "Nothing is in service"
            ),
            ("alerts", AlertWords.view(nil, silences: []), "slipway serve --alerts alerts.json"),
            (
                "alerts", AlertWords.view(.object([("alerts", []), ("receivers", [])]), silences: []),
                "Nothing is wrong"
            ),
            (
                "reports",
                Views.ReportsPage(
                    reference: "digits:1", evaluations: [], optimisation: nil, engines: [], hasEngines: false,
                    tunings: [], hasTunings: false, isEmpty: true), "slipway evaluate digits:1"
            ),
        ]
    }

    private static let moment = Views.Moment(Timestamp(milliseconds: 1_700_000_000_000))

    private static func pill(_ text: String, path: Bool = false) -> Views.Pill {
        Views.Pill(text: text, style: text, path: path ? text : nil)
    }

    private static func fact(_ text: String) -> Views.Fact { Views.Fact(name: text, value: text) }
    private static func key(_ text: String) -> Views.Key { Views.Key(style: text, name: text, value: text) }

    private static func act(_ text: String) -> Views.Act {
        Views.Act(path: text, action: text, label: text, question: text, isDanger: true, about: text, token: text)
    }

    private static func served(_ text: String) -> Views.Endpoint {
        let arm = Views.Arm(
            model: text, number: text, reference: text, weight: text, start: text, share: text, role: text,
            isCanary: true, accuracy: text, rate: text, errors: text, p50: text, p99: text, memory: text)
        return Views.Endpoint(
            name: text, health: text, healthClass: text, lights: [pill(text), pill(text, path: true)], arms: [arm],
            fallback: arm,
            splitText: text, rate: text, errors: text, p50: text, p99: text, inFlight: text, total: text,
            revision: text, lastChange: text, lastChangeAge: text, acts: [act(text)])
    }

    private static func declared(_ text: String) -> Views.Declared {
        Views.Declared(
            file: text, trouble: text,
            rows: [Views.DeclaredRow(endpoint: text, follows: text, state: pill(text), text: text)], hasRows: true)
    }

    private static func overview(_ text: String) -> Views.OverviewPage {
        Views.OverviewPage(
            endpoints: [served(text)], alarm: Views.Alarm(text: text, link: text), list: declared(text), count: text,
            search: text,
            hasSearch: true, next: text, isEmpty: false,
            isNotFound: true)
    }

    private static func endpoint(_ text: String, bars: Bool) -> Views.EndpointPage {
        let input = Views.Input(
            index: text, name: text, type: text, shape: text, value: text, hint: text, isImage: true, columns: text,
            rows: text, maximum: text)
        let output = Views.Output(
            name: text, type: text, shape: text, text: text,
            bars: bars ? [Views.Bar(label: text, value: text, width: text)] : [], hasBars: bars)
        let answer = Views.Answer(
            answered: true, headline: text, outputs: [output], servedBy: text, took: text, problem: text)
        return Views.EndpointPage(
            endpoint: served(text), latency: "", rates: "", rateKeys: [key(text)], hasRates: bars, inputs: [input],
            code: [Views.Code(language: text, identifier: text, text: text, isOpen: true)], answer: answer,
            revisions: [revision(text)], path: text, token: text)
    }

    private static func revision(_ text: String) -> Views.Revision {
        Views.Revision(
            number: text, isCurrent: true, what: text, traffic: text, outcome: text, outcomeClass: text, reason: text,
            author: text, note: text, at: moment)
    }

    private static func rollout(_ text: String) -> Views.RolloutPage {
        Views.RolloutPage(
            endpoint: text, hasRollout: true, lead: text, state: pill(text), holding: text, acts: [act(text)],
            facts: [fact(text)], steps: [Views.Step(share: text, place: text, isHere: true)], hasSteps: true,
            isIncident: true, against: "", safety: "", keys: [key(text)],
            streams: [
                Views.Stream(
                    title: text, note: text, stable: text, canary: text, clients: text, evidence: text, style: text)
            ],
            latency: Views.SideBySide(stable: text, new: text, picture: "", figures: changes(text)),
            compared: compared(text), isUncompared: true,
            decisions: [
                Views.Decision(at: moment, kind: text, style: text, share: text, reason: text, numbers: text)
            ])
    }

    private static func confusion(_ text: String) -> Views.Confusion {
        Views.Confusion(
            caption: text, headings: [text],
            rows: [Views.ConfusionRow(name: text, cells: [Views.Cell(text: text, style: text)])])
    }

    private static func changes(_ text: String) -> Views.Changes {
        Views.Changes(
            caption: text, first: text, second: text,
            figures: [Views.Change(name: text, before: text, after: text, widthBefore: text, widthAfter: text)])
    }

    private static func compared(_ text: String) -> Views.ComparedAnswers {
        let output = Views.ComparedOutput(
            name: text, lead: text, confusion: confusion(text), moves: [fact(text)], hasMoves: true,
            apart: [Views.Apart(difference: text, before: text, after: text, input: text, picture: "")], hasApart: true)
        return Views.ComparedAnswers(
            lead: text, problem: text, facts: [fact(text)], outputs: [output],
            spreads: [Views.Spread(name: text, p50: text, p90: text, p99: text, largest: text)], hasSpreads: true,
            times: changes(text))
    }

    private static func sign(_ text: String) -> Views.SignInPage {
        Views.SignInPage(lead: text, problem: text, to: text, isOnTheWay: true, token: text)
    }

    private static func drift(_ text: String) -> Views.DriftPage {
        let feature = Views.DriftFeature(
            name: text, role: text, verdict: pill(text), test: text, p: text, effect: text, then: text, now: text,
            picture: "")
        func version(_ identifier: String, isWatched: Bool) -> Views.DriftVersion {
            Views.DriftVersion(
                reference: text, identifier: text + identifier, state: pill(text), lead: text, isWatched: isWatched,
                facts: [fact(text)], assumption: text,
                images: [Views.DriftImage(title: text, note: text, picture: "")], hasImages: true, drawn: [feature],
                rest: [feature], hasRest: true,
                isGathering: false)
        }
        return Views.DriftPage(
            endpoint: text, versions: [version("0", isWatched: true), version("1", isWatched: false)], problem: text,
            isEmpty: false)
    }

    private static func alerts(_ text: String) -> Views.AlertsPage {
        Views.AlertsPage(
            lead: text,
            alerts: [
                Views.Alert(
                    name: text, state: pill(text), endpoint: text, path: text, at: moment, summary: text, remedy: text)
            ], hasAlerts: true, isWatched: false, receivers: [fact(text)], hasReceivers: true, silences: [fact(text)],
            hasSilences: true)
    }

    private static func history(_ text: String, isOfOne: Bool) -> Views.HistoryPage {
        let event = Views.Event(at: moment, kind: text, style: text, subject: text, path: text, text: text)
        return Views.HistoryPage(
            title: text, revisions: isOfOne ? [revision(text)] : [], hasRevisions: isOfOne,
            events: isOfOne ? [] : [event], hasEvents: !isOfOne, older: text)
    }

    private static func models(_ text: String) -> Views.ModelsPage {
        let version = Views.Version(
            model: text, number: text, reference: text, aliases: [text], accuracy: text, sizeShare: text, size: text,
            origin: text, at: moment, note: text)
        return Views.ModelsPage(
            title: text, models: [Views.Model(name: text, older: text, versions: [version])], isEmpty: true,
            isList: true,
            nextModels: text, moves: [Views.Move(at: moment, text: text)], hasMoves: true)
    }

    private static func version(_ text: String) -> Views.VersionPage {
        Views.VersionPage(
            reference: text, digest: text, note: text, aliases: [text],
            tensors: [Views.Tensor(direction: text, name: text, type: text, shape: text)],
            lineage: [
                Views.Ancestor(title: text, path: text, text: text, isHere: true),
                Views.Ancestor(title: text, path: nil, text: text, isHere: false),
            ], facts: [fact(text)], uses: [Views.Link(name: text, path: text)], hasUses: true)
    }

    private static func graph(_ text: String, problem: String?) -> Views.GraphPage {
        Views.GraphPage(
            reference: text, path: text, facts: [fact(text)], find: text,
            matches: [Views.Match(name: text, path: text, operatorName: text, index: text)], hasMatches: true,
            found: text, part: text, hint: text, earlier: text, later: text, picture: "",
            boxes: [
                Views.GraphBox(title: text, line: text, hint: text, path: text),
                Views.GraphBox(title: text, line: text, hint: text, path: nil),
            ], problem: problem, help: text)
    }

    private static func reports(_ text: String) -> Views.ReportsPage {
        let evaluation = Views.Evaluation(
            title: text, identifier: text, at: moment, facts: [fact(text)],
            classes: [
                Views.ClassMeasure(name: text, support: text, precision: text, recall: text, f1: text, width: text)
            ], hasClasses: true,
            confusion: confusion(text))
        return Views.ReportsPage(
            reference: text, evaluations: [evaluation],
            optimisation: Views.Optimisation(
                lead: text, changes: changes(text), steps: [fact(text)], hasSteps: true, path: text),
            engines: [fact(text)], hasEngines: true,
            tunings: [fact(text)], hasTunings: true, isEmpty: true)
    }

    private static func tokens(_ text: String) -> Views.TokensPage {
        Views.TokensPage(
            tokens: [
                Views.Token(name: text, role: text, made: moment, expires: moment, state: pill(text), acts: [act(text)])
            ], hasTokens: true, roles: [fact(text)], lead: text,
            made: Views.MadeToken(name: text, role: text, secret: text), problem: text, name: text, token: text)
    }

    private static func doctor(_ text: String) -> Views.DoctorPage {
        Views.DoctorPage(
            findings: [Views.Finding(subject: text, state: pill(text), text: text, fix: text)], hasFindings: true,
            lead: text, at: moment, token: text, canLook: true)
    }
}
