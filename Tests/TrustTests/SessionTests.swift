import Synchronization
import Testing

@testable import Trust

/// Sessions of browsers, and how often somebody may be wrong.
@Suite struct SessionTests {
    private let clock = StoppedClock()
    private let secret = TokenSecret.generate()

    private func desk(_ change: (inout SessionDesk.Limits) -> Void = { _ in }) -> SessionDesk {
        var limits = SessionDesk.Limits()
        change(&limits)
        return SessionDesk(limits, now: { [clock] in clock.now })
    }

    @Test func aSessionLeadsToItsTokenAndNothingElseDoes() {
        let desk = desk()
        let session = desk.open(for: secret)
        #expect(session.utf8.count == SessionDesk.length && Base64URL.decoded(session)?.count == 32)
        #expect(desk.secret(of: session, isUse: true)?.text == secret.text)
        for other in [
            "", String(session.dropLast()), session + "A", session.uppercased(), String(repeating: "A", count: 43),
            secret.text, String(session.reversed()),
        ] where other != session {
            #expect(desk.secret(of: other, isUse: true) == nil, "\(other)")
        }
        #expect(Set((0..<100).map { _ in desk.open(for: secret) }).count == 100)
    }

    @Test func aSessionEndsWhenNobodyDoesAnything() {
        let desk = desk { $0.idle = .seconds(100) }
        let session = desk.open(for: secret)
        clock.advance(by: .seconds(99))
        #expect(desk.secret(of: session, isUse: true) != nil)
        clock.advance(by: .seconds(99))
        // A page that fetches itself is nobody.
        #expect(desk.secret(of: session, isUse: false) != nil)
        clock.advance(by: .seconds(1))
        #expect(desk.secret(of: session, isUse: true) == nil)
        #expect(desk.count == 0)
    }

    @Test func aSessionEndsHoweverMuchItIsUsed() {
        let desk = desk { $0.absolute = .seconds(1000) }
        let session = desk.open(for: secret)
        for _ in 0..<9 {
            clock.advance(by: .seconds(111))
            #expect(desk.secret(of: session, isUse: true) != nil)
        }
        clock.advance(by: .seconds(1))
        #expect(desk.secret(of: session, isUse: true) == nil)
    }

    @Test func aSessionThatIsClosedIsOver() {
        let desk = desk()
        let (one, other) = (desk.open(for: secret), desk.open(for: secret))
        desk.close(one)
        desk.close("none")
        #expect(desk.secret(of: one, isUse: true) == nil)
        #expect(desk.secret(of: other, isUse: true) != nil)
    }

    @Test func thereAreOnlySoMany() {
        let desk = desk { ($0.perToken, $0.total) = (3, 5) }
        let others = (0..<3).map { _ in TokenSecret.generate() }
        let first = desk.open(for: secret)
        clock.advance(by: .seconds(1))
        // One token's many sessions push out its own, whoever else is idle for longer.
        let own = (0..<4).map { _ in
            clock.advance(by: .seconds(1))
            return desk.open(for: others[0])
        }
        #expect(desk.count == 4 && desk.secret(of: own[0], isUse: false) == nil)
        #expect(desk.secret(of: first, isUse: false) != nil && desk.secret(of: own[3], isUse: false) != nil)
        // Where all together are too many, the one that was idle longest goes.
        _ = desk.open(for: others[1])
        _ = desk.open(for: others[2])
        #expect(desk.count == 5 && desk.secret(of: first, isUse: false) == nil)
    }

    // MARK: - Attempts

    @Test func attemptsRunOutAndComeBack() {
        let limiter = AttemptLimiter(burst: 3, pause: .seconds(10), now: { [clock] in clock.now })
        for _ in 0..<3 { #expect(limiter.attempt(from: "a") == nil) }
        #expect(limiter.attempt(from: "a") == .seconds(10))
        #expect(limiter.attempt(from: "b") == nil, "somebody else is not kept out")
        clock.advance(by: .seconds(9))
        #expect(limiter.attempt(from: "a") == .seconds(1))
        clock.advance(by: .seconds(1))
        #expect(limiter.attempt(from: "a") == nil)
        #expect(limiter.attempt(from: "a") == .seconds(10))
        clock.advance(by: .seconds(1000))
        for _ in 0..<3 { #expect(limiter.attempt(from: "a") == nil) }
        #expect(limiter.attempt(from: "a") != nil)
    }

    @Test func whoIsRightIsNotCounted() {
        let limiter = AttemptLimiter(burst: 2, pause: .seconds(10), now: { [clock] in clock.now })
        for _ in 0..<50 {
            #expect(limiter.attempt(from: "a") == nil)
            limiter.succeeded(from: "a")
        }
        limiter.succeeded(from: "never seen")
        #expect(limiter.count == 1)
    }

    @Test func manySourcesTakeNoMoreRoomAndForgiveNobody() {
        let limiter = AttemptLimiter(burst: 2, pause: .seconds(10), sources: 8, now: { [clock] in clock.now })
        for _ in 0..<2 { #expect(limiter.attempt(from: "guesser") == nil) }
        for number in 0..<100 { #expect(limiter.attempt(from: "source \(number)") == nil) }
        #expect(limiter.count == 8)
        #expect(limiter.attempt(from: "guesser") != nil)
    }

    @Test(
        arguments: [
            ("", false), ("slw_", false), ("/?x=slw_short", false), ("slw_slw_slw_", false),
            ("/a?t=slw_" + String(repeating: "A", count: 43), true),
            ("slw_x-slw_" + String(repeating: "A", count: 43) + "&more", true),
            ("slw_" + String(repeating: "A", count: 42), false),
        ] as [(String, Bool)])
    func aTokenIsSeenInAText(text: String, isSeen: Bool) {
        #expect(TokenSecret.stands(in: text) == isSeen)
    }
}

/// Time that passes when it is told to.
private final class StoppedClock: Sendable {
    private let start = ContinuousClock.now
    private let passed = Mutex(Duration.zero)

    var now: ContinuousClock.Instant { start + passed.withLock { $0 } }

    func advance(by duration: Duration) { passed.withLock { $0 += duration } }
}
