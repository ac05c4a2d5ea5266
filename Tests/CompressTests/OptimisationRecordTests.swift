import Compress
import Tensors
import Testing

@Suite struct OptimisationRecordTests {
    /// With a value in every place.
    private static func full() -> OptimisationRecord {
        var original = OptimisationRecord.Candidate("original", bytes: 1000)
        original.parameters = 250
        original.nodes = 3
        original.flops = 900
        var made = OptimisationRecord.Candidate(
            "int8", bytes: 400, steps: [.init("int8", [.init("calibrator", "mse")])])
        made.latency = .init(p50: 0.5, engine: "ONNX Runtime 1.31.1", rows: 4)
        made.latency?.p99 = 0.75
        made.latency?.noise = 0.125
        made.latency?.threads = 2
        made.latency?.runs = 99
        made.quality = .init(measuredOn: "9 rows", samples: 9)
        made.quality?.accuracy = 0.5
        made.quality?.topAgreement = 0.75
        made.quality?.cosine = 0.875
        made.quality?.decibels = 33.5
        made.isAccepted = false
        made.reason = "no <b>"
        made.isOnFront = true
        var record = OptimisationRecord(subject: "a.onnx", outcome: .improved, original: original)
        record.candidates = [made]
        record.chosen = "int8"
        record.reason = "because"
        record.demands = .init()
        record.demands?.largestDrop = 0.25
        record.demands?.largestMilliseconds = 1.5
        record.demands?.largestBytes = 512
        record.demands?.purpose = "edge"
        record.passes = [.init("identities", count: 2), .init("scaling", count: 1, isKept: false, reason: "why")]
        var layer = OptimisationRecord.Layer("c", "Conv", isChanged: true, action: "int8")
        layer.decibels = 31.25
        layer.shareBefore = 0.5
        layer.shareAfter = 0.25
        layer.bytesBefore = 800
        layer.bytesAfter = 200
        layer.weightsBefore = .init(least: -1, most: 1, counts: [1, 2, 1])
        layer.weightsAfter = .init(least: -1, most: 0.5, counts: [4], levels: 2)
        record.layers = [layer]
        record.timing = "estimated"
        record.notes = ["a note"]
        record.setting.machine = "m"
        record.setting.engine = "e"
        record.setting.target = "t"
        record.setting.calibration = "c"
        record.setting.seed = 7
        record.setting.date = "d"
        record.setting.command = "slipway"
        record.setting.program = "p"
        record.setting.digestBefore = "b"
        record.setting.digestAfter = "a"
        record.setting.kernels = "k"
        return record
    }

    @Test func whatIsWrittenIsReadAgain() throws {
        let record = Self.full()
        let text = record.json.encoded()
        #expect(OptimisationRecord(json: try JSONValue.parse(text)) == record)
    }

    @Test func whatIsNotKnownIsLeftOut() throws {
        let record = OptimisationRecord(subject: "a.onnx", original: .init("original", bytes: 1))
        let json = record.json
        #expect(json["demands"] == nil && json["reason"] == nil && json["original"]?["latency"] == nil)
        #expect(!json.encodedString().contains("null"))
        #expect(OptimisationRecord(json: json) == record)
    }

    @Test(arguments: [
        "{}", "[]", "null", #"{"subject":"a","outcome":"improved"}"#,
        #"{"subject":"a","outcome":"better","original":{}}"#,
        #"{"subject":"a","outcome":"improved","original":{"name":"o","bytes":-1}}"#,
    ]) func whatIsNoRecordIsNone(text: String) throws {
        #expect(OptimisationRecord(json: try JSONValue.parse(Array(text.utf8))) == nil)
    }

    @Test func aWinnerIsFoundByItsName() {
        var record = Self.full()
        #expect(record.winner?.bytes == 400)
        record.chosen = "other"
        #expect(record.winner == nil)
    }
}
