/// Waits until something is so, looking every few milliseconds.
///
/// - Throws: `NotInTime` when it is not so before the time is over.
package func wait(
    for what: String, atMost limit: Duration = .seconds(30), until condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < deadline else { throw NotInTime(description: "not within \(limit): \(what)") }
        try await Task.sleep(for: .milliseconds(5))
    }
}

/// What was waited for did not happen.
package struct NotInTime: Error, CustomStringConvertible {
    package let description: String
}
