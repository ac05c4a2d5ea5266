/// The events of one transaction, until it is on the disk.
///
/// `@unchecked Sendable`: belongs to the thread that has the transaction.
final class EventCollector: @unchecked Sendable {
    var events: [HomeEvent] = []
}
