import ServiceLifecycle

/// Has versions leave memory that were not used for a while (`serve --unload-idle`).
struct IdleSweeper: Service {
    let keeper: SessionKeeper
    let limit: Duration
    var clock: any Clock<Duration> = ContinuousClock()

    func run() async throws {
        let nanoseconds = UInt64(clamping: limit.components.seconds) &* 1_000_000_000
        let ticker = Ticker(every: min(max(limit / 4, .milliseconds(250)), .seconds(10)), on: clock)
        await cancelWhenGracefulShutdown {
            while await ticker.next() {
                await withCheckedContinuation { continuation in
                    Blocking.begin {
                        keeper.sweep(idleFor: nanoseconds)
                        continuation.resume()
                    }
                }
            }
        }
    }
}
