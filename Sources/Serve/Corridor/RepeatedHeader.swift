import Glibc

/// The JSON that came before a connection's last binary tensors, and what it said. Clients send the same text again and
/// again, and only the tensors differ: reading it once saves an eighth of a small request.
///
/// What a text says follows from it and from the version that it is for alone. Belongs to one event loop.
final class RepeatedHeader {
    private var bytes: [UInt8] = []
    private var servable: UInt64 = 0
    private var request: V2Request?

    /// Longer texts are not kept: a connection's memory would hold them for as long as it lasts.
    private static let mostBytes = 1024

    /// What a text says that is the last one again, for the same version.
    func request(_ text: UnsafeRawBufferPointer, for arm: LiveArm) -> V2Request? {
        guard servable == arm.servable.number, text.count == bytes.count, let start = text.baseAddress,
            bytes.withUnsafeBytes({ $0.baseAddress.map { memcmp($0, start, text.count) == 0 } ?? false })
        else { return nil }
        return request
    }

    /// Keeps what a text says, unless it has tensors of its own.
    func keep(_ request: V2Request, _ text: UnsafeRawBufferPointer, for arm: LiveArm) {
        let hasTensors = request.inputs.contains { input in
            if case .tensor = input.elements { true } else { false }
        }
        guard !hasTensors, text.count <= Self.mostBytes else { return }
        bytes = Array(text)
        servable = arm.servable.number
        self.request = request
    }
}
