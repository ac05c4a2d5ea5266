import Monitor
import Tensors

/// What two versions answered to the same requests: how often the same, which class became which, how far scores are apart,
/// how long each took.
extension Views {
    struct ComparedAnswers {
        var lead: String
        /// What keeps answers from being compared, or the new version from answering.
        var problem: String?
        var facts: [Fact]
        var outputs: [ComparedOutput]
        /// How far answers are apart, output by output.
        var spreads: [Spread]
        var hasSpreads: Bool
        var times: Changes?
    }

    struct ComparedOutput {
        var name: String
        var lead: String
        var confusion: Confusion?
        /// Where there are too many classes for a table.
        var moves: [Fact]
        var hasMoves: Bool
        var apart: [Apart]
        var hasApart: Bool
    }

    /// Quantiles of a difference.
    struct Spread {
        var name: String
        var p50: String
        var p90: String
        var p99: String
        var largest: String
    }

    /// One of the answers that are furthest apart.
    struct Apart {
        var difference: String
        var before: String
        var after: String
        var input: String?
        /// The input where it is an image, drawn by us.
        var picture: String
    }
}

extension Templates {
    static let compared = """
        <p class="lead">{{lead}}</p>
        {{#problem}}<p class="note">{{problem}}</p>{{/problem}}
        {{>figures}}
        {{#outputs}}<h3><code>{{name}}</code> <span class="hint">{{lead}}</span></h3>
        {{#confusion}}<div class="wide" tabindex="0" role="region" aria-label="Which class became which in {{name}}">{{>confusion}}</div>{{/confusion}}
        {{#hasMoves}}<table class="named"><caption>Classes that changed most</caption><tbody>{{#moves}}{{>pair}}{{/moves}}</tbody></table>{{/hasMoves}}
        {{#hasApart}}<details><summary>The answers that are furthest apart</summary>
        <table class="compact"><caption class="unseen">The answers that are furthest apart in {{name}}</caption><thead><tr><th scope="col" class="number">Apart</th><th scope="col">Stable</th><th scope="col">New</th></tr></thead>
        <tbody>{{#apart}}<tr><td class="number">{{difference}}</td><td>{{before}}</td><td class="free">{{after}}{{{picture}}}{{#input}}<span class="by">{{input}}</span>{{/input}}</td></tr>{{/apart}}</tbody></table></details>{{/hasApart}}
        {{/outputs}}
        {{#hasSpreads}}<table class="compact"><caption>How far scores and numbers are apart</caption>
        <thead><tr><th scope="col">Output</th><th scope="col" class="number">Half within</th><th scope="col" class="number">90 %</th><th scope="col" class="number">99 %</th><th scope="col" class="number">Largest</th></tr></thead>
        <tbody>{{#spreads}}<tr><th scope="row">{{name}}</th><td class="number">{{p50}}</td><td class="number">{{p90}}</td><td class="number">{{p99}}</td><td class="number">{{largest}}</td></tr>{{/spreads}}</tbody></table>{{/hasSpreads}}
        {{#times}}{{>changes}}{{/times}}
        """
}

/// A comparison as its page shows it, from what the management API tells of it. Names of classes are a stranger's.
enum ComparedAnswersWords {
    private static let (mostOutputs, mostClasses, mostMoves) = (6, 20, 10)
    private static let mostInput = 160

    static func view(_ entry: JSONValue, images: [ImageInput] = []) -> Views.ComparedAnswers {
        let answers = entry["answers"]
        let outputs = (answers?["outputs"]?.arrayValue ?? []).prefix(mostOutputs)
        let spreads = outputs.compactMap(spread)
        let base = entry["base"]?.stringValue ?? "Stable"
        let candidate = entry["candidate"]?.stringValue ?? "New"
        return Views.ComparedAnswers(
            lead: lead(entry, answers, base, candidate), problem: problem(entry, answers),
            facts: facts(entry, answers), outputs: Self.outputs(Array(outputs), images), spreads: spreads,
            hasSpreads: !spreads.isEmpty, times: times(answers?["seconds"], base, candidate))
    }

    private static func count(_ json: JSONValue?, _ name: String) -> Int { max(0, json?[name]?.intValue ?? 0) }

    private static func lead(
        _ entry: JSONValue, _ answers: JSONValue?, _ base: String, _ candidate: String
    ) -> String {
        guard count(answers, "rows") > 0 else { return "No answers of \(candidate) and \(base) are compared yet." }
        let tense = entry["open"]?.boolValue == true ? "are asked" : "were asked"
        return "\(candidate) and \(base) \(tense) the same; clients got one answer, as before."
    }

    private static func problem(_ entry: JSONValue, _ answers: JSONValue?) -> String? {
        if let obstacle = entry["obstacle"]?.stringValue { return "They are not compared: \(obstacle)" }
        guard count(answers, "failed") > 0 else { return nil }
        let reason = answers?["lastFailure"]?.stringValue.map { ": \($0)" } ?? ""
        return "The new version did not answer \(ViewBuilder.count(count(answers, "failed"))) of them\(reason)"
    }

    private static func facts(_ entry: JSONValue, _ answers: JSONValue?) -> [Views.Fact] {
        let rows = count(answers, "rows")
        guard rows > 0 else { return [] }
        var facts = [
            Views.Fact(name: "The same", value: answers?["agreement"]?.doubleValue.map(ViewBuilder.percent) ?? "–"),
            Views.Fact(name: "Inputs", value: ViewBuilder.count(rows)),
            Views.Fact(name: "Answered otherwise", value: ViewBuilder.count(count(answers, "differingRows"))),
            Views.Fact(name: "Requests", value: ViewBuilder.count(count(answers, "pairs"))),
        ]
        let mirrored = entry["mirrored"]
        let lost = ["dropped", "late", "absent"].reduce(0) { $0 + count(mirrored, $1) }
        if lost > 0 { facts.append(Views.Fact(name: "Let go under load", value: ViewBuilder.count(lost))) }
        return facts
    }

    // MARK: - Outputs

    /// Scores, their probabilities and the label made of them say the same about classes: that is shown once.
    private static func outputs(_ all: [JSONValue], _ images: [ImageInput]) -> [Views.ComparedOutput] {
        all.indices.map { place in
            let earlier = all[..<place].first { $0["classes"] != nil && $0["classes"] == all[place]["classes"] }
            return output(all[place], alike: earlier?["name"]?.stringValue, images)
        }
    }

    /// - Parameter alike: an output shown before whose classes changed in the same way.
    private static func output(
        _ json: JSONValue, alike: String?, _ images: [ImageInput]
    ) -> Views.ComparedOutput {
        let told = alike == nil ? json["classes"]?["cells"]?.arrayValue ?? [] : []
        let cells = told.map { cell in
            (
                base: cell["base"]?.stringValue ?? "?", candidate: cell["candidate"]?.stringValue ?? "?",
                count: count(cell, "count")
            )
        }
        let changes = cells.filter { $0.base != $0.candidate }
        let names = Set(cells.flatMap { [$0.base, $0.candidate] }).sorted { first, second in
            (Int(first) ?? .max, first) < (Int(second) ?? .max, second)
        }
        let isTable = !changes.isEmpty && names.count <= mostClasses
        let moves = changes.prefix(isTable ? 0 : mostMoves).map {
            Views.Fact(name: "\($0.base) → \($0.candidate)", value: ViewBuilder.count($0.count))
        }
        let apart = (json["largest"]?.arrayValue ?? []).map { entry in
            let picture = picture(entry["input"], images)
            return Views.Apart(
                difference: figure(entry["difference"]), before: entry["base"]?.stringValue ?? "?",
                after: entry["candidate"]?.stringValue ?? "?",
                input: picture.isEmpty ? entry["input"].map { String($0.encodedString().prefix(mostInput)) } : nil,
                picture: picture)
        }
        return Views.ComparedOutput(
            name: json["name"]?.stringValue ?? "?", lead: lead(json) + (alike.map { ", classes as in \($0)" } ?? ""),
            confusion: isTable ? confusion(names, cells) : nil, moves: moves, hasMoves: !moves.isEmpty, apart: apart,
            hasApart: !apart.isEmpty)
    }

    private static func picture(_ input: JSONValue?, _ images: [ImageInput]) -> String {
        images.lazy.map { image in
            PixelPicture.svg(
                (input?[image.name]?.arrayValue ?? []).compactMap(\.doubleValue), columns: image.columns,
                rows: image.rows, most: image.most, label: "The input \(image.name)", kind: "pixels shown small")
        }.first { !$0.isEmpty } ?? ""
    }

    private static func lead(_ json: JSONValue) -> String {
        let same = json["agreement"]?.doubleValue.map { "\(ViewBuilder.percent($0)) the same" } ?? "not compared"
        let unlike = count(json, "unlike")
        return same + (unlike > 0 ? ", \(ViewBuilder.count(unlike)) of another type or shape, or missing" : "")
    }

    private static func confusion(
        _ names: [String], _ cells: [(base: String, candidate: String, count: Int)]
    ) -> Views.Confusion {
        let places = Dictionary(names.enumerated().map { ($0.element, $0.offset) }) { first, _ in first }
        var counts = names.map { _ in [Int](repeating: 0, count: names.count) }
        for cell in cells {
            if let row = places[cell.base], let column = places[cell.candidate] { counts[row][column] = cell.count }
        }
        return ReportWords.confusion(
            "Which class became which: rows are the stable version's, columns the new one's", names, counts)
    }

    private static func spread(_ json: JSONValue) -> Views.Spread? {
        guard let difference = json["difference"] else { return nil }
        return Views.Spread(
            name: json["name"]?.stringValue ?? "?", p50: figure(difference["p50"]), p90: figure(difference["p90"]),
            p99: figure(difference["p99"]), largest: figure(difference["largest"]))
    }

    /// With three figures, small ones as powers of ten.
    private static func figure(_ value: JSONValue?) -> String {
        guard let number = value?.doubleValue, number.isFinite else { return "–" }
        if number == 0 { return "0" }
        guard (0.0001..<1_000_000).contains(number.magnitude) else { return String(Float(number)) }
        let scale = number.magnitude >= 100 ? 1.0 : number.magnitude >= 1 ? 100 : 10_000
        let rounded = (number * scale).rounded() / scale
        return rounded == rounded.rounded() ? String(Int(rounded)) : String(rounded)
    }

    // MARK: - Time

    /// Runs of the graphs alone, side by side.
    private static func times(_ seconds: JSONValue?, _ base: String, _ candidate: String) -> Views.Changes? {
        let figures = [("p50", "p50"), ("p90", "p90"), ("p99", "p99"), ("Slowest", "largest")].compactMap { name, key in
            ReportWords.change(
                name, seconds?["base"]?[key]?.doubleValue, seconds?["candidate"]?[key]?.doubleValue
            ) { Duration.short(seconds: $0) }
        }
        guard !figures.isEmpty else { return nil }
        return Views.Changes(
            caption: "How long runs took, the model alone", first: base, second: candidate, figures: figures)
    }
}
