import Home
import Registry
import Release
import Testing

@testable import Control

@Suite struct RecordedTrafficTests {
    private let harbour: Harbour
    private let traffic: RecordedTraffic
    private let recording: TrafficRecording

    init() throws {
        harbour = try Harbour()
        traffic = RecordedTraffic(harbour.deployments.registry.database.home)
        recording = TrafficRecording(
            share: try Share("10%"), keep: try TimeSpan("1h"), bytes: TrafficRecording.byteRange.lowerBound)
    }

    @Test func filesAreForTheirOwnerAndInOrder() throws {
        #expect(traffic.segments(of: "digits").isEmpty)
        for time in [3000, 1000, 2000] { try traffic.keep([1, 2, 3], at: time, number: time, of: "digits", recording) }
        let segments = traffic.segments(of: "digits")
        #expect(segments.map(\.time) == [1000, 2000, 3000] && segments.allSatisfy { $0.bytes == 3 })
        #expect(FileRights(path: segments[0].path).map { $0.mode & 0o777 } == 0o600)
        #expect(traffic.segments(of: "others").isEmpty)
    }

    @Test func whatIsTooOldOrTooMuchGoesOldestFirst() throws {
        let hour = 3_600_000
        try traffic.keep([1], at: 1, number: 1, of: "digits", recording)
        try traffic.keep([1], at: 2 * hour, number: 2, of: "digits", recording)
        #expect(traffic.segments(of: "digits").map(\.time) == [2 * hour])
        let large = [UInt8](repeating: 0, count: 400_000)
        for number in 3...6 {
            try traffic.keep(large, at: 2 * hour + number, number: number, of: "digits", recording)
        }
        let segments = traffic.segments(of: "digits")
        #expect(segments.map(\.time) == [2 * hour + 5, 2 * hour + 6])
    }
}
