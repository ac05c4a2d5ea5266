import Compress
import Tensors
import Testing

@testable import SlipwayCLI

/// What an optimisation's record becomes for people: sentences, a table, a page.
@Suite struct OptimisationReportTests {
    private typealias Record = OptimisationRecord

    private static func candidate(
        _ name: String, _ bytes: Int, _ milliseconds: Double?, _ accuracy: Double, refused: String? = nil
    ) -> OptimisationRecord.Candidate {
        var candidate = Record.Candidate(name, bytes: bytes)
        candidate.latency = milliseconds.map { Record.Latency(p50: $0, engine: "ONNX Runtime 1.31.1") }
        candidate.quality = Record.Quality(measuredOn: "239 rows of held-out.npz", samples: 239)
        candidate.quality?.accuracy = accuracy
        candidate.isAccepted = refused == nil
        candidate.reason = refused
        return candidate
    }

    /// - Parameter layers: how many, of which every third has weights.
    private static func record(layers: Int = 6, name: (Int) -> String = { "layer\($0)" }) -> OptimisationRecord {
        var record = Record(
            subject: "digits:1", outcome: .improved, original: candidate("original", 191_403, 0.0921, 0.9791))
        record.candidates = [
            candidate("int8", 49_200, 0.0512, 0.9770), candidate("fp16", 96_400, 0.0925, 0.9791),
            candidate("int4-weights", 32_300, 0.0953, 0.9540, refused: "loses 2.51 points; at most 0.5 are allowed"),
        ]
        record.candidates[0].steps = [.init("int8", [.init("calibrator", "mse")])]
        record.candidates[0].isOnFront = true
        record.chosen = "int8"
        record.demands = .init()
        record.demands?.largestDrop = 0.005
        record.passes = [.init("identities", count: 1)]
        for index in 0..<layers {
            let isWeighted = index % 3 == 0
            var layer = Record.Layer(
                name(index), isWeighted ? "Conv" : "Relu", isChanged: isWeighted,
                action: isWeighted ? "int8, 16 weight scales" : "only moves numbers")
            layer.shareBefore = 1 / Double(layers)
            layer.shareAfter = 0.9 / Double(layers)
            if isWeighted {
                layer.decibels = 20 + Double(index % 17)
                layer.bytesBefore = 4_000 + index
                layer.bytesAfter = 1_060
                layer.weightsBefore = .init(least: -1, most: 1, counts: Array(repeating: 3, count: 48))
                layer.weightsAfter = .init(least: -1, most: 1, counts: Array(repeating: 2, count: 48), levels: 255)
            }
            record.layers.append(layer)
        }
        record.notes = ["ranges: mse, from 400 rows of train.npz"]
        record.setting.command = "slipway optimize digits:1"
        return record
    }

    @Test func theTableReadsAsItShould() {
        #expect(
            OptimisationText(Self.record(), width: 100).lines.joined(separator: "\n") == """
                digits:1: 3.9 times as small, 1.80 times as fast
                  int8 was chosen. It is 3.9 times as small (191.4 KB to 49.2 KB), and 1.80 times as fast (92.1 µs to 51.2 µs a run).
                  Accuracy falls by 0.21 points (97.91 % before, 97.70 % after), measured on 239 rows of held-out.npz. 0.50 points may be \
                lost.
                  2 others were tried, of which 1 was not acceptable.

                   MODEL             SIZE     TIME  ACCURACY
                   original      191.4 KB  92.1 µs   97.91 %
                >  int8           49.2 KB  51.2 µs   97.70 %  chosen
                   fp16           96.4 KB  92.5 µs   97.91 %
                   int4-weights   32.3 KB  95.3 µs   95.40 %  not acceptable: loses 2.51…s; at most 0.5 are allowed

                  LAYER   OPERATOR    NOISE             TIME          WEIGHTS  WHAT WAS DONE
                  layer0  Conv      20.0 dB  16.7 % → 15.0 %  4.0 KB → 1.1 KB  int8, 16 weight scales
                  layer1  Relu            –  16.7 % → 15.0 %                –  left: only moves numbers
                  layer2  Relu            –  16.7 % → 15.0 %                –  left: only moves numbers
                  layer3  Conv      23.0 dB  16.7 % → 15.0 %  4.0 KB → 1.1 KB  int8, 16 weight scales
                  layer4  Relu            –  16.7 % → 15.0 %                –  left: only moves numbers
                  layer5  Relu            –  16.7 % → 15.0 %                –  left: only moves numbers
                  note  ranges: mse, from 400 rows of train.npz
                """)
    }

    @Test func whatIsKeptIsSaidWithItsReason() {
        var record = Record(subject: "a.onnx", outcome: .refused, original: .init("original", bytes: 100))
        record.reason = "the file would be no smaller"
        let words = OptimisationWords(record: record)
        #expect(words.title == "a.onnx: the original is kept")
        #expect(words.lead == ["The original is kept: the file would be no smaller."])
        #expect(OptimisationPage.html(record).contains("the file would be no smaller"))
    }

    @Test(arguments: [
        (0.1, 0.05, "2.00 times as fast"), (0.1, 0.099, "no faster that could be told"), (0.05, 0.1, "slower"),
    ]) func speedIsOnlyClaimedBeyondTheNoise(before: Double, after: Double, words: String) {
        var record = Self.record()
        record.original.latency?.p50 = before
        record.candidates[0].latency?.p50 = after
        #expect(OptimisationWords(record: record).lead[0].contains(words))
    }

    @Test func aPageOfAThousandLayersIsSmallAndWhole() throws {
        let page = OptimisationPage.html(Self.record(layers: 1000))
        #expect(page.utf8.count < 1_000_000, "\(page.utf8.count)")
        for tag in ["section", "table", "tr", "td", "th", "svg", "figure", "details", "div", "p", "small", "span"] {
            let opened = page.matches(of: try Regex("<\(tag)[ >]")).count
            #expect(opened == page.ranges(of: "</\(tag)>").count, "\(tag)")
        }
        #expect(page.contains("All layers") && page.contains("By operator"))
    }

    @Test func namesOfModelsAreText() {
        let hostile = "</td><script>alert(1)</script><img src=x onerror=y>\u{202e}\"'&"
        var record = Self.record(layers: 40) { "\(hostile)\($0)" }
        record.subject = hostile
        record.candidates[0].name = hostile
        record.chosen = hostile
        record.reason = hostile
        record.notes = [hostile]
        record.setting.command = hostile
        record.passes = [.init(hostile, count: 1, isKept: false, reason: hostile)]
        let page = OptimisationPage.html(record)
        #expect(!page.contains("<script") && !page.contains("<img") && !page.contains("\u{202e}"))
        #expect(page.contains("&lt;script&gt;"))
        let text = OptimisationText(record, width: 100).lines.joined(separator: "\n")
        #expect(!text.contains("\u{202e}"))
    }

    /// Nothing of a record is trusted: it comes from a child that read a stranger's file.
    @Test func numbersThatMakeNoSenseAreDrawnSomewhere() {
        var record = Self.record()
        for value in [Double.nan, .infinity, -1, 0, 1e308] {
            record.candidates[0].latency?.p50 = value
            record.candidates[0].quality?.accuracy = value
            record.layers[0].decibels = value
            record.layers[0].shareBefore = value
            record.layers[0].weightsBefore = .init(least: -value, most: value, counts: [-5, .max, 3])
            record.candidates[0].bytes = value > 0 ? .max : 0
            let page = OptimisationPage.html(record)
            let drawn = page.matches(of: /<svg.*?<\/svg>/.dotMatchesNewlines())
            for picture in drawn { #expect(picture.output.firstMatch(of: /="[^"]*(nan|inf)/) == nil, "\(value)") }
            _ = OptimisationText(record, width: 80).lines
        }
    }

    @Test func whatTheRecipeSaysOfALayerIsPutToWhatIsKnownOfIt() {
        var told = Record.Layer("conv", "Conv", isChanged: true, action: "int8")
        told.decibels = 30
        let extra = Record.Layer("folded", "Conv", isChanged: false, action: "left")
        var studied = Record.Layer("conv", "Conv", isChanged: false)
        studied.bytesBefore = 10
        let gone = Record.Layer("relu", "Relu", isChanged: true, action: "not there any more")
        let layers = [told, extra].known(in: [studied, gone])
        #expect(layers.map(\.node) == ["conv", "relu", "folded"])
        #expect(layers[0].action == "int8" && layers[0].decibels == 30 && layers[0].bytesBefore == 10)
    }

    @Test(arguments: [("a.html", "a.json"), ("b.htm", "b.json"), ("c", "c.json"), ("d.html.html", "d.html.json")])
    func theJSONLiesBesideThePage(page: String, data: String) {
        #expect(ReportOptions.data(beside: page) == data)
    }

    @Test func theCommandCanBeTypedAgain() {
        #expect(
            ReportOptions.command(["/x/slipway", "optimize", "my model.onnx", "--note", "it's", "--fix", "N=1"])
                == "slipway optimize 'my model.onnx' --note 'it'\\''s' --fix N=1")
    }
}
