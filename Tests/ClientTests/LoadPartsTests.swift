import Testing

@testable import Client

struct ReplyHeadTests {
    private func head(_ text: String) throws(ClientError) -> ReplyHead? {
        let bytes = Array(text.utf8)
        return try bytes.withUnsafeBytes { bytes in
            Result { () throws(ClientError) in try ReplyHead(scanning: bytes) }
        }.get()
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, 5, nil, true),
        ("HTTP/1.1 200\r\ncontent-LENGTH:5 \r\n\r\n", 200, 5, nil, true),
        ("HTTP/1.1 404 Not Found\nContent-Length: 0\n\n", 404, 0, nil, true),
        ("HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 1\r\n\r\n", 200, 1, nil, false),
        ("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n", 200, 1, nil, false),
        ("HTTP/1.1 204 No Content\r\n\r\n", 204, 0, nil, true),
        ("HTTP/1.1 200 OK\r\nInference-Header-Content-Length: 3\r\nContent-Length: 9\r\n\r\n", 200, 9, 3, true),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\nContent-Length: 9\r\n\r\n", 200, 9, nil, true),
    ])
    func headIsReadAndEveryPrefixOfItWantsMore(
        text: String, status: Int, body: Int, json: Int?, keepsAlive: Bool
    ) throws {
        let read = try #require(try head(text))
        #expect(read.status == status && read.bodyLength == body && read.jsonLength == json)
        #expect(read.keepsAlive == keepsAlive)
        for length in 0..<read.headLength {
            #expect(try head(String(decoding: Array(text.utf8).prefix(length), as: UTF8.self)) == nil)
        }
    }

    @Test(arguments: [
        "SSH-2.0", "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 abc OK\r\n\r\n", "HTTP/1.1 099 x\r\n\r\n",
        "HTTP/1.1 100 x\r\n\r\n",
        "HTTP/1.1 2000\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: \(String(repeating: "x", count: ReplyHead.maximumLength))",
    ])
    func whatIsNoReplyIsRefused(text: String) {
        #expect { try head(text) } throws: { ($0 as? ClientError)?.code == .malformedReply }
    }
}

struct LoadScheduleTests {
    private func configuration(_ pace: LoadConfiguration.Pace, limit: Int? = nil, connections: Int = 4)
        -> LoadConfiguration
    {
        var configuration = LoadConfiguration()
        configuration.pace = pace
        configuration.requestLimit = limit
        configuration.connections = connections
        return configuration
    }

    private func lanes(_ configuration: LoadConfiguration, start: UInt64 = 0) -> [LoadSchedule] {
        let tickets = TicketCounter()
        return (0..<configuration.connections).map {
            LoadSchedule(configuration, lane: $0, tickets: tickets, start: start)
        }
    }

    @Test(arguments: [(1.0, 1), (1000.0, 4), (333.3, 7), (250_000.0, 64), (0.5, 3)])
    func rateOverTimeIsWhatWasAskedFor(rate: Double, connections: Int) {
        let start: UInt64 = 5_000_000_000
        let seconds: UInt64 = 10
        var lanes = lanes(configuration(.perSecond(rate), connections: connections), start: start)
        let end = start + seconds * 1_000_000_000 - 1
        var indices: [Int] = []
        for lane in lanes.indices {
            let promised = lanes[lane].overdue(at: end)
            let before = indices.count
            while let ticket = lanes[lane].take(at: end) { indices.append(ticket.index) }
            #expect(indices.count - before == promised)
            #expect(lanes[lane].overdue(at: end) == 0)
        }
        let expected = Int((rate * Double(seconds)).rounded(.up))
        #expect(indices.sorted() == Array(0..<expected))
    }

    @Test func nothingIsSentBeforeItIsDue() {
        var lane = lanes(configuration(.perSecond(10), connections: 1), start: 1000)[0]
        #expect(lane.take(at: 999) == nil)
        #expect(lane.overdue(at: 999) == 0)
        #expect(lane.take(at: 1000) == LoadSchedule.Ticket(index: 0, due: 1000))
        #expect(lane.next(at: 1000) == .wait(until: 100_001_000))
        #expect(lane.take(at: 100_000_999) == nil)
        #expect(lane.take(at: 200_001_000) == LoadSchedule.Ticket(index: 1, due: 100_001_000))
    }

    @Test(arguments: [LoadConfiguration.Pace.closedLoop, .perSecond(1e6)], [1, 5, 10])
    func limitIsReachedAndNotPassed(pace: LoadConfiguration.Pace, limit: Int) {
        var lanes = lanes(configuration(pace, limit: limit))
        var indices: [Int] = []
        for round in 0..<20 {
            let lane = round % lanes.count
            if let ticket = lanes[lane].take(at: 1_000_000_000) { indices.append(ticket.index) }
        }
        for lane in lanes.indices {
            while let ticket = lanes[lane].take(at: 1_000_000_000) { indices.append(ticket.index) }
            #expect(lanes[lane].next(at: 1_000_000_000) == .exhausted)
        }
        #expect(indices.sorted() == Array(0..<limit))
    }
}

struct LoadTimelineTests {
    @Test func longRunKeepsEveryAnswerInFewerSteps() {
        var timeline = LoadTimeline()
        let count = 4 * LoadTimeline.maximumSteps + 1
        for step in 0..<count {
            timeline.update(at: UInt64(step) * 100_000_000) { $0.count(step % 3) }
        }
        #expect(timeline.width == 800_000_000)
        #expect(timeline.steps.count <= LoadTimeline.maximumSteps)
        #expect(timeline.steps.reduce(0) { $0 + $1.answers.reduce(0, +) } == count)
    }

    @Test func failuresAndWrongAnswersSurviveCoarsening() {
        var timeline = LoadTimeline()
        timeline.update(at: 0) { $0.failed += 1 }
        timeline.update(at: 100_000_000) { $0.wrong += 2 }
        timeline.update(at: 100_000_000 * UInt64(LoadTimeline.maximumSteps)) { $0.failed += 1 }
        #expect(timeline.steps.first == LoadTimeline.Step(answers: [], wrong: 2, failed: 1))
    }
}

struct ReplyJudgeTests {
    private func verdict(
        _ judge: inout ReplyJudge, _ reply: [UInt8], _ expectation: LoadSample.Expectation
    ) throws -> ReplyJudge.Verdict {
        try reply.withUnsafeBytes { bytes in
            let head = try #require(try ReplyHead(scanning: bytes))
            let body = UnsafeRawBufferPointer(rebasing: bytes[head.headLength...])
            return judge.judge(body, jsonLength: head.jsonLength, expecting: expectation)
        }
    }

    /// The JSON is the same for all of one version; only the bytes after it differ.
    @Test func eachAnswerIsJudgedByItsOwnBytes() throws {
        var judge = ReplyJudge()
        for index in 0..<40 {
            let version = "\(index % 7)"
            let right = try verdict(&judge, labelReply(Int64(index), version: version), .labels([index]))
            #expect(right == ReplyJudge.Verdict(version: version, fault: nil))
            let wrong = try verdict(&judge, labelReply(Int64(index), version: version), .labels([index + 1]))
            #expect(wrong.version == version)
            #expect(wrong.fault == "expected class \(index + 1) in row 0, found \(index)")
        }
    }

    @Test(arguments: [
        (#""FP32","shape":[2,3],"data":[0,2,1,5,4,-1]"#, [1, 0], true),
        (#""FP32","shape":[2,3],"data":[0,2,1,5,4,-1]"#, [1, 1], false),
        (#""INT64","shape":[2],"data":[4,9]"#, [4, 9], true), (#""INT64","shape":[2],"data":[4,9]"#, [4], false),
        (#""FP32","shape":[0],"data":[]"#, [1], false), (#""FP32","shape":[0],"data":[]"#, [], false),
        (#""FP32","shape":[5],"data":[1,2,3,4,5]"#, [1, 2], false), (#""BYTES","shape":[1],"data":["4"]"#, [4], false),
    ])
    func classesAreReadFromJSONToo(output: String, labels: [Int], isRight: Bool) throws {
        var judge = ReplyJudge()
        let json = #"{"model_name":"m","model_version":"1","outputs":[{"name":"y","datatype":\#(output)}]}"#
        let found = try verdict(&judge, reply(200, json), .labels(labels))
        #expect((found.fault == nil) == isRight)
        #expect(found.version == "1")
    }

    @Test func versionIsKnownWhateverIsExpected() throws {
        var judge = ReplyJudge()
        #expect(try verdict(&judge, labelReply(3, version: "9"), .anything).version == "9")
        let sevens = LoadSample.Expectation.verified { body, length in body[length] == 7 }
        #expect(try verdict(&judge, labelReply(7, version: "9"), sevens) == .init(version: "9", fault: nil))
        #expect(try verdict(&judge, labelReply(8, version: "9"), sevens).fault != nil)
        #expect(try verdict(&judge, reply(200, "pong"), .anything) == .init(version: nil, fault: nil))
    }
}
