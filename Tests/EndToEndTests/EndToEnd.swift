import Testing

/// Everything that drives the release binary, one test after the other: they load, stop and kill servers of their own
/// and would be in each other's way.
@Suite(.serialized, .timeLimit(.minutes(3)))
enum EndToEnd {}
