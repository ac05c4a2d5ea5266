import Release
import Serve

extension BatchingWish {
    /// What an endpoint's settings say, in the data plane's words.
    init(_ choice: BatchingChoice) {
        self =
            switch choice {
            case .auto: .automatic
            case .off: .off
            case .named(let batching):
                .on(
                    rows: batching.rows, delay: UInt64(clamping: batching.delay) * 1000,
                    preferred: batching.preferred, exact: batching.exact)
            }
    }
}
