/// Requests of HTTP/1 out of a connection's bytes: whatever they are, and wherever they are cut, the same is read.
enum RequestParserTarget {
    /// What was read: each request's header in words, bodies, and why it ended.
    private struct Reading: Equatable {
        var heads: [[ArraySlice<UInt8>]] = []
        var bodies: [[UInt8]] = []
        var complete = 0
        var fault: RequestFault?
    }

    /// - Parameter bytes: the first says where the others are cut.
    static func exercise(_ bytes: [UInt8]) {
        guard let first = bytes.first else { return }
        let rest = bytes.dropFirst()
        var limits = HTTPLimits()
        // Small, so that they are met.
        if first & 1 == 1 { (limits.headerBytes, limits.headerFields, limits.targetBytes) = (200, 6, 40) }
        let whole = read(rest, Int.max, limits)
        for size in [1, 2 + Int(first >> 1)] {
            guard read(rest, size, limits) == whole else { preconditionFailure("cut otherwise, read otherwise") }
        }
    }

    private static func read(_ bytes: ArraySlice<UInt8>, _ size: Int, _ limits: HTTPLimits) -> Reading {
        var (parser, reading) = (RequestParser(limits: limits), Reading())
        var (unread, rest): ([UInt8], ArraySlice<UInt8>) = ([], bytes)
        do throws(RequestFault) {
            while !rest.isEmpty {
                unread += rest.prefix(size)
                rest = rest.dropFirst(size)
                var step: RequestParser.Step
                repeat {
                    step = try unread.withUnsafeBytes { raw in
                        Result { () throws(RequestFault) in try parser.next(raw) }
                    }.get()
                    note(step, parser.head, unread, &reading)
                    unread.removeFirst(step.consumed)
                } while step.kind != .more
            }
        } catch {
            guard !error.message.isEmpty, error.closesConnection else { preconditionFailure("no words") }
            reading.fault = error
        }
        return reading
    }

    private static func note(
        _ step: RequestParser.Step, _ head: HeadLayout, _ bytes: [UInt8], _ reading: inout Reading
    ) {
        switch step.kind {
        case .head:
            let fields = head.fields.flatMap { [bytes[$0.nameBytes], bytes[$0.value]] }
            reading.heads.append([bytes[head.method], bytes[head.target]] + fields)
            reading.bodies.append([])
            guard !(head.isChunked && head.contentLength != nil) else { preconditionFailure("two lengths") }
        case .body: reading.bodies[reading.bodies.count - 1] += bytes[step.skipped..<step.consumed]
        case .more, .end: break
        }
        if step.isLast { reading.complete += 1 }
    }
}
