import Glibc
import Tensors
import Testing

@testable import Release

@Suite
struct EvidenceTests {
    /// Whatever the share, a failure leaves the evidence as it is on average when the canary is exactly as bad as allowed.
    @Test(arguments: [0.0001, 0.01, 0.25, 0.5, 0.99])
    func attributionIsAFairGameAtTheToleratedRatio(share: Double) {
        let before = AttributionTest()
        for (ratio, log) in [(before.tolerance, \AttributionTest.harmLog), (before.bad, \.safetyLog)] {
            let chance = share * ratio / (share * ratio + 1 - share)
            var (canary, stable) = (before, before)
            canary.add(canary: 1, stable: 0, share: share)
            stable.add(canary: 0, stable: 1, share: share)
            let mean = chance * exp(canary[keyPath: log]) + (1 - chance) * exp(stable[keyPath: log])
            #expect(abs(mean - 1) < 1e-12)
        }
    }

    @Test
    func failuresOfTheCanarySpeakAgainstItAndThoseOfTheStableArmForIt() {
        var test = AttributionTest()
        test.add(canary: 2, stable: 0, share: 0.01)
        #expect(test.harmLog > log(100), "two failures out of the hundredth part of the traffic")
        #expect(test.safetyLog < 0)
        test.add(canary: 0, stable: 400, share: 0.01)
        #expect(test.harmLog < log(10) && test.safetyLog > 0)
    }

    @Test
    func withoutASplitFailuresTellNothing() {
        var test = AttributionTest()
        test.add(canary: 10, stable: 0, share: 1)
        test.add(canary: 0, stable: 10, share: 0)
        #expect(test == AttributionTest())
    }

    @Test
    func anIncidentDoesNotMakeACanaryTrusted() {
        var test = AttributionTest()
        test.add(canary: 10, stable: 1000, share: 0.01, countsForSafety: false)
        #expect(test.safetyLog == 0 && test.harmLog < 0)
    }

    @Test
    func safetyCountsOnceItIsKnownThatItWasCalm() throws {
        var safety = SafetyDelay()
        for second in 0..<10 { safety.add(1, at: 1000 * second, isCalm: true) }
        #expect(safety.log == 0)
        safety.add(0, at: 12_000, isCalm: true)
        #expect(safety.log == 3)
        let kept = try SafetyDelay(json: safety.json)
        #expect(kept == safety)
        safety.add(1, at: 12_500, isCalm: false)
        safety.add(0, at: 60_000, isCalm: true)
        #expect(safety.log == 3, "what came shortly before an incident showed is let go of")
    }

    @Test
    func aClockThatIsSetBackHoldsNoEvidenceBack() {
        var safety = SafetyDelay()
        for second in 7200..<7205 { safety.add(1, at: 1000 * second, isCalm: true) }
        safety.add(1, at: 3_600_000, isCalm: true)
        safety.add(0, at: 3_609_000, isCalm: true)
        #expect(safety.log == 0, "it waits as long as ever from then on")
        safety.add(0, at: 3_610_000, isCalm: true)
        #expect(safety.log == 6)
        var watch = IncidentWatch(failures: 5, requests: 10_000)
        watch.add(failures: 40, requests: 100, at: 7_200_000)
        #expect(watch.isOn)
        for second in 3600...3612 { watch.add(failures: 0, requests: 100, at: 1000 * second) }
        #expect(!watch.isOn)
        watch.add(failures: 40, requests: 100, at: 3_613_000)
        #expect(watch.isOn)
        var slow = SlowTest(margin: 0.05)
        slow.add(canary: (1, 10), stable: (1, 10), at: 7_200_000, isSteady: true)
        slow.add(canary: (1, 10), stable: (1, 10), at: 3_600_000, isSteady: true)
        slow.add(canary: (1, 10), stable: (1, 10), at: 3_600_600, isSteady: true)
        #expect(slow.count == 1)
    }

    /// Every outcome of a block, weighted by its probability under each pair of rates that is allowed.
    @Test(arguments: [0.02, 0.1, 0.3, 0.6, 0.9])
    func aBlockIsNotExpectedToSpeakAgainstAnAllowedCanary(rate: Double) {
        var learnt = BlockTest()
        learnt.add(canary: (9, 10), stable: (3, 10))
        let before = learnt.harmLog
        for canaryRate in [rate * 0.3, rate, min(1, rate * learnt.tolerance)] {
            var mean = 0.0
            for failed in 0...4 {
                for canaryFailed in 0...3 {
                    var after = learnt
                    after.add(canary: (canaryFailed, 3), stable: (failed, 4))
                    let chance = binomial(4, failed, rate) * binomial(3, canaryFailed, canaryRate)
                    mean += chance * exp(after.harmLog - before)
                }
            }
            #expect(mean < 1 + 1e-9, "rates \(rate) and \(canaryRate)")
        }
    }

    @Test
    func blocksSpeakAgainstACanaryThatFailsMoreOften() {
        var test = BlockTest()
        for _ in 0..<20 { test.add(canary: (8, 10), stable: (36, 90)) }
        #expect(test.harmLog > log(100))
        var same = BlockTest()
        for _ in 0..<100 { same.add(canary: (4, 10), stable: (36, 90)) }
        #expect(same.harmLog < log(2))
    }

    @Test
    func aBoundIsAFairGameAtTheBound() {
        var (event, none) = (BoundTest(bound: 0.05), BoundTest(bound: 0.05))
        event.add(events: 1, trials: 1)
        none.add(events: 0, trials: 1)
        #expect(abs(0.05 * exp(event.harmLog) + 0.95 * exp(none.harmLog) - 1) < 1e-12)
    }

    /// All paths of eight differences that are as often 1 as -1.
    @Test
    func labelsThatAreNoWorseDoNotSpeakAgainstACanary() {
        var (worse, better) = (0.0, 0.0)
        for path in 0..<256 {
            var test = PairedLossTest()
            for bit in 0..<8 { test.add(path >> bit & 1 == 0 ? 1 : -1) }
            worse += exp(test.worseLog) / 256
            better += exp(test.betterLog) / 256
        }
        #expect(abs(worse - 1) < 1e-9 && abs(better - 1) < 1e-9)
    }

    @Test
    func labelsTellAWorseVersionFromABetterOne() {
        var (worse, better) = (PairedLossTest(), PairedLossTest())
        for index in 0..<200 {
            let difference = index % 5 == 0 ? 1.0 : 0
            worse.add(difference)
            better.add(-difference)
        }
        #expect(worse.worseLog > log(100) && worse.betterLog <= 0)
        #expect(better.betterLog > log(100) && better.worseLog <= 0)
        #expect(worse.interval.contains(0.2) && !worse.interval.contains(0))
        #expect(abs(worse.mean - 0.2) < 1e-12)
    }

    @Test
    func whatIsNoDifferenceIsLeftOut() {
        var test = PairedLossTest()
        test.add(.nan)
        #expect(test.count == 0)
        test.add(.infinity)
        #expect(test.mean == 1)
    }

    private func binomial(_ n: Int, _ k: Int, _ p: Double) -> Double {
        let choose = (0..<k).reduce(1.0) { $0 * Double(n - $1) / Double($1 + 1) }
        return choose * pow(p, Double(k)) * pow(1 - p, Double(n - k))
    }
}

@Suite
struct ClientLedgerTests {
    @Test
    func aClientCountsOnceUntilItsArmMayHaveChanged() {
        var ledger = ClientLedger(.perClient)
        #expect(ledger.admit(1, onCanary: false, share: 100, at: 0) == 0.01)
        #expect(ledger.admit(1, onCanary: false, share: 100, at: 3_600_000) == nil)
        #expect(ledger.admit(1, onCanary: true, share: 500, at: 3_600_000) == 400.0 / 9900)
        #expect(ledger.admit(1, onCanary: true, share: 2500, at: 7_200_000) == nil, "it stays on the canary")
        #expect(ledger.admit(2, onCanary: true, share: 500, at: 0) == 0.05)
        #expect(ledger.canaryClients == 1 && ledger.stableClients == 1)
    }

    @Test
    func aClientCountsOnceAMinuteWhereThatIsAskedFor() {
        var ledger = ClientLedger(.perMinute)
        #expect(ledger.admit(1, onCanary: true, share: 100, at: 0) == 0.01)
        #expect(ledger.admit(1, onCanary: true, share: 100, at: 59_999) == nil)
        #expect(ledger.admit(1, onCanary: true, share: 100, at: 60_000) == 0.01)
    }

    @Test
    func itsMemoryIsBounded() {
        var ledger = ClientLedger(.perClient)
        for client in 0..<UInt64(ClientLedger.capacity) {
            #expect(ledger.admit(client, onCanary: false, share: 100, at: 0) != nil)
        }
        #expect(ledger.admit(1 << 40, onCanary: true, share: 100, at: 0) == nil)
    }
}

@Suite
struct IncidentWatchTests {
    @Test
    func aSuddenRiseIsAnIncidentUntilItIsOver() {
        var watch = IncidentWatch(failures: 50, requests: 10_000)
        var states: [Bool] = []
        for second in 0..<60 {
            let failures = (20..<30).contains(second) ? 30 : second % 2
            watch.add(failures: failures, requests: 100, at: second * 1000)
            states.append(watch.isOn)
        }
        #expect(!states[..<20].contains(true))
        #expect(!states[20...30].contains(false), "from its first second on")
        #expect(!states[45...].contains(true))
    }

    @Test
    func aRateThatWasAlwaysHighIsNone() {
        var watch = IncidentWatch(failures: 3000, requests: 10_000)
        for second in 0..<60 {
            watch.add(failures: 30, requests: 100, at: second * 1000)
            #expect(!watch.isOn)
        }
    }
}
