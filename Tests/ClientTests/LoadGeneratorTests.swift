import Client
import NIOCore
import Testing

/// Sample `i` asks for class `i`, in the body.
private func samples(_ count: Int, to server: ServerAddress) throws -> [LoadSample] {
    try (0..<count).map {
        try LoadSample("POST", "/infer", to: server, body: Array("\($0)".utf8), expecting: .labels([$0]))
    }
}

@Sendable private func rightAnswer(_ request: ScriptedServer.Request) -> ScriptedServer.Action {
    .write([labelReply(asked(request))])
}

private func asked(_ request: ScriptedServer.Request) -> Int64 {
    Int64(String(decoding: request.body, as: UTF8.self)) ?? -1
}

/// Runs a load to its limit, and checks that every request is accounted for.
private func run(
    _ server: ScriptedServer, samples count: Int = 10, _ change: (inout LoadConfiguration) -> Void
) async throws -> LoadReport {
    var configuration = LoadConfiguration()
    change(&configuration)
    let generator = LoadGenerator(server.address, samples: try samples(count, to: server.address))
    let report = await (try await generator.start(configuration)).finish()
    #expect(report.sent == configuration.requestLimit)
    #expect(report.ok + report.wrong + report.failed == report.sent && report.inFlight == 0)
    let moments = report.timeline.reduce(0) { $0 + $1.versions.values.reduce(0, +) + $1.failed }
    #expect(moments == report.versions.values.reduce(0, +) + report.failed)
    return report
}

struct LoadGeneratorTests {
    @Test(arguments: [(1, 1), (4, 1), (8, 2), (3, 5)])
    func everySampleIsSentInTurnAndEveryAnswerCounted(connections: Int, eventLoops: Int) async throws {
        try await ScriptedServer.with(answer: rightAnswer) { server in
            let report = try await run(server) {
                $0.requestLimit = 500
                $0.connections = connections
                $0.eventLoops = eventLoops
            }
            #expect(report.ok == 500 && report.versions == ["1": 500] && report.messages.isEmpty)
            #expect(report.reconnects == 0)
            let latency = try #require(report.latency)
            #expect(latency.p50 <= latency.p90 && latency.p90 <= latency.p99 && latency.p99 <= latency.maximum)
            #expect(latency.maximum <= report.elapsed && report.rate > 0)
            let asked = Dictionary(grouping: server.requests.map(asked)) { $0 }.mapValues(\.count)
            #expect(asked == Dictionary(uniqueKeysWithValues: (0..<10).map { ($0, 50) }))
            #expect(server.connections == connections + 1)
        }
    }

    @Test func wrongAnswersAreCountedAndDescribed() async throws {
        try await ScriptedServer.with(answer: { .write([labelReply(asked($0) == 3 ? 4 : asked($0))]) }) { server in
            let report = try await run(server) { $0.requestLimit = 100 }
            #expect(report.ok == 90 && report.wrong == 10 && report.failed == 0)
            #expect(report.messages.count == 8)
            #expect(report.messages.allSatisfy { $0.hasSuffix("wrong answer: expected class 3 in row 0, found 4") })
        }
    }

    @Test func statusesAreCountedApart() async throws {
        try await ScriptedServer.with(answer: { request in
            switch asked(request) {
            case 1: .write([reply(503, #"{"error":"busy"}"#)])
            case 2: .write([reply(400, #"{"error":"bad"}"#, headers: ["Connection: close"])])
            default: rightAnswer(request)
            }
        }) { server in
            let report = try await run(server) { $0.requestLimit = 100 }
            #expect(report.ok == 80 && report.failures == [.status(503): 10, .status(400): 10])
            #expect(report.messages.contains { $0.hasSuffix("HTTP 503: busy") })
        }
    }

    @Test func connectionClosedBetweenRequestsIsNoError() async throws {
        try await ScriptedServer.with(answer: { request in
            request.turn == 4
                ? .writeAndClose(labelReply(asked(request), headers: ["Connection: close"])) : rightAnswer(request)
        }) { server in
            let report = try await run(server) {
                $0.requestLimit = 100
                $0.connections = 2
            }
            #expect(report.ok == 100)
            // 5 requests a connection; what is left over at the end is at most one connection each.
            #expect((18...20).contains(report.reconnects))
        }
    }

    /// The second request of the run is due in a thousand seconds: until then the connection is idle.
    @Test func idleConnectionThatIsClosedIsMadeAnew() async throws {
        try await ScriptedServer.with(answer: { .writeAndClose(labelReply(asked($0))) }) { server in
            var configuration = LoadConfiguration()
            configuration.pace = .perSecond(0.001)
            configuration.connections = 1
            let generator = LoadGenerator(server.address, samples: try samples(1, to: server.address))
            let load = try await generator.start(configuration)
            // The first finds the address, the second carries the request, the third replaces it.
            for await number in server.accepted where number == 2 { break }
            let report = await load.stop()
            #expect(report.sent == 1 && report.ok == 1 && report.failed == 0 && report.unsent == 0)
        }
    }

    @Test func requestThatDiesInFlightIsAFailureAndNotRepeated() async throws {
        try await ScriptedServer.with(answer: { request in
            asked(request) == 5 ? .writeAndClose(Array(labelReply(5).dropLast())) : rightAnswer(request)
        }) { server in
            let report = try await run(server) { $0.requestLimit = 100 }
            #expect(report.ok == 90 && report.failures == [.closed: 10])
            #expect(server.requests.count == 100)
            #expect(report.messages.allSatisfy { $0.contains("the connection ended before the reply") })
        }
    }

    @Test(arguments: [
        Array("garbage\r\n\r\n".utf8), Array("HTTP/1.1 200 OK\r\n\r\n".utf8), labelReply(0) + [0],
        reply(200, [UInt8](repeating: 0, count: 2000)),
    ])
    func garbageIsAFailure(bytes: [UInt8]) async throws {
        try await ScriptedServer.with(answer: { _ in .write([bytes]) }) { server in
            let report = try await run(server, samples: 1) {
                $0.requestLimit = 6
                $0.replyBytes = 1000
            }
            #expect(report.failures == [.malformedReply: 6])
        }
    }

    @Test func replyThatComesInPiecesIsWhole() async throws {
        try await ScriptedServer.with(answer: { .write(labelReply(asked($0)).map { [$0] }) }) { server in
            let report = try await run(server) { $0.requestLimit = 20 }
            #expect(report.ok == 20)
        }
    }

    @Test func serverThatNeverAnswersTimesOut() async throws {
        try await ScriptedServer.with(answer: { _ in .ignore }) { server in
            let report = try await run(server) {
                $0.requestLimit = 4
                $0.connections = 2
                $0.requestTimeout = .milliseconds(20)
            }
            #expect(report.failures == [.timedOut: 4])
        }
    }

    @Test(arguments: [LoadConfiguration.Pace.closedLoop, .perSecond(1000)])
    func serverThatGoesAwayIsCountedNotThrown(pace: LoadConfiguration.Pace) async throws {
        try await ScriptedServer.with(answer: { $0.index == 5 ? .goAway : rightAnswer($0) }) { server in
            let report = try await run(server) {
                $0.pace = pace
                $0.requestLimit = 20
                $0.connections = 1
            }
            #expect(report.ok == 5 && report.failures == [.closed: 1, .unreachable: 14])
            #expect(report.messages.last?.contains("Connection refused") == true)
        }
    }

    @Test func loadOnNothingDoesNotBegin() async throws {
        let port = try HeldPort()
        let address = try ServerAddress("127.0.0.1:\(port.number)")
        let generator = LoadGenerator(address, samples: try samples(1, to: address))
        await #expect { try await generator.start() } throws: { ($0 as? ClientError)?.code == .unreachable }
    }

    /// Request `k` is due `k / rate` after the start: the last cannot have been answered before that.
    @Test func openLoopSendsEachRequestOnceAndNoneEarly() async throws {
        try await ScriptedServer.with(answer: rightAnswer) { server in
            let report = try await run(server) {
                $0.pace = .perSecond(2000)
                $0.requestLimit = 300
            }
            #expect(report.ok == 300)
            #expect(report.elapsed >= 299.0 / 2000)
            #expect(report.unsent == 0)
        }
    }

    /// One stall of 100 ms on the only connection: the 49 requests that were due meanwhile waited for it too.
    @Test func stallIsChargedToAllRequestsItKeptWaiting() async throws {
        try await ScriptedServer.with(answer: { request in
            request.index == 0 ? .delayed(.milliseconds(100), labelReply(0)) : rightAnswer(request)
        }) { server in
            let report = try await run(server) {
                $0.pace = .perSecond(1000)
                $0.requestLimit = 50
                $0.connections = 1
            }
            #expect(report.ok == 50 && report.late >= 49)
            let latency = try #require(report.latency)
            #expect(latency.p50 > 0.07 && latency.maximum >= 0.1)
        }
    }

    @Test func whatWasDueAtTheEndIsReportedAsUnsent() async throws {
        try await ScriptedServer.with(answer: { _ in .ignore }) { server in
            var configuration = LoadConfiguration()
            configuration.pace = .perSecond(1_000_000)
            configuration.connections = 1
            configuration.requestTimeout = .milliseconds(50)
            let generator = LoadGenerator(server.address, samples: try samples(1, to: server.address))
            let load = try await generator.start(configuration)
            for await number in server.accepted where number == 2 { break }
            let report = await load.stop()
            // The second connection replaces the one on which the first request took over 50 ms.
            #expect(report.unsent > 40_000)
            #expect(report.failures[.timedOut].map { $0 > 0 } == true)
        }
    }

    @Test func versionsAreCountedAsTrafficMoves() async throws {
        try await ScriptedServer.with(answer: { request in
            .write([labelReply(asked(request), version: request.index < 120 ? "1" : "2")])
        }) { server in
            let report = try await run(server) { $0.requestLimit = 200 }
            #expect(report.versions == ["1": 120, "2": 80])
            #expect(report.timelineStep == 0.1)
        }
    }

    @Test func stopWaitsForWhatIsInFlightAndMayBeCalledAgain() async throws {
        try await ScriptedServer.with(answer: rightAnswer) { server in
            let generator = LoadGenerator(server.address, samples: try samples(3, to: server.address))
            let load = try await generator.start()
            let first = await load.stop()
            let second = await load.stop()
            #expect(first.sent == second.sent && first.sent == first.ok)
            #expect(load.snapshot().ok == first.ok)
        }
    }

    @Test func localSocketCanBeLoaded() async throws {
        let path = "/tmp/slipway-load-\(UInt64.random(in: 0...UInt64.max)).sock"
        try await ScriptedServer.with(at: .unixSocket(path), answer: rightAnswer) { server in
            let report = try await run(server) { $0.requestLimit = 50 }
            #expect(report.ok == 50)
        }
    }

    @Test(
        arguments: [
            { $0.connections = 0 }, { $0.eventLoops = 0 }, { $0.requestLimit = 0 }, { $0.pace = .perSecond(0) },
            { $0.pace = .perSecond(.nan) }, { $0.pace = .perSecond(.infinity) }, { $0.requestTimeout = .zero },
        ] as [@Sendable (inout LoadConfiguration) -> Void])
    func configurationOutOfRangeIsRefused(change: @Sendable (inout LoadConfiguration) -> Void) async throws {
        var configuration = LoadConfiguration()
        change(&configuration)
        let server = ServerAddress.tcp(host: "127.0.0.1", port: 1)
        let generator = LoadGenerator(server, samples: try samples(1, to: server))
        await #expect { try await generator.start(configuration) } throws: {
            ($0 as? ClientError)?.code == .invalidRequest
        }
    }
}
