import ArgumentParser
import Distribution
import Testing

@testable import SlipwayCLI

@Suite struct TransferTextTests {
    @Test func aTransferTellsBlobsBytesRateAndTime() {
        var state = TransferState()
        state.totalBlobs = 5
        state.totalBytes = 98_000_000
        #expect(TransferText.line(state) == "0 of 5 blobs  0 B of 98.0 MB")
        state.blobs = 3
        state.bytes = 12_000_000
        state.rate = 4_100_000
        #expect(TransferText.line(state) == "3 of 5 blobs  12.0 MB of 98.0 MB  4.1 MB/s  20 s left")
    }

    @Test(arguments: [(21, "21 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")])
    func timesAreSaidAsPeopleSayThem(_ seconds: Int, _ text: String) {
        #expect(TransferText.duration(.seconds(seconds)) == text)
    }

    @Test(arguments: [
        ["push", "digits:1", "r.example/digits", "--username", "me"],
        ["pull", "r.example/digits:1", "--password-stdin"],
        ["pull", "r.example/digits:1", "--plain-http", "--ca", "x.pem"],
        ["push", "digits:1", "r.example/digits", "--chunk", "10"], ["push", "digits:1"], ["pull"],
    ])
    func optionsThatDoNotFitAreRefused(_ arguments: [String]) {
        #expect(throws: (any Error).self) { try SlipwayCommand.parseAsRoot(arguments) }
    }
}
