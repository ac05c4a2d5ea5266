import CSandbox
import Tensors

/// The walls around a process that is about to read something hostile (`design.md` 4.8).
package struct Sandbox: Sendable {
    /// Bytes of address space beyond what is mapped when the walls go up.
    package var extraAddressSpace: Int
    /// Seconds of processor time.
    package var cpuSeconds: Int
    /// Bytes that any file may grow to.
    package var fileBytes: Int
    /// Whether files may be opened for writing.
    package var mayWrite = false

    private static let megabyte = 1 << 20

    /// For reading, validating and rewriting a file of this size: the file and half a gigabyte.
    package static func parsing(fileBytes: Int) -> Sandbox {
        Sandbox(
            extraAddressSpace: saturating(fileBytes, times: 2, plus: 512 * megabyte), cpuSeconds: 120,
            fileBytes: saturating(fileBytes, times: 1, plus: 64 * megabyte))
    }

    /// For reading arrays, which may be packed: as much as an evaluation set may have, twice.
    package static func unpacking() -> Sandbox {
        Sandbox(
            extraAddressSpace: saturating(EvaluationSet.limits.bytes, times: 2, plus: 512 * megabyte), cpuSeconds: 120,
            fileBytes: 64 * megabyte)
    }

    /// For reading pickles of this size, which may be packed: what they may unpack to, and the values that it becomes.
    package static func rebuilding(fileBytes: Int) -> Sandbox {
        Sandbox(
            extraAddressSpace: saturating(fileBytes, times: 4, plus: 3072 * megabyte), cpuSeconds: 120,
            fileBytes: saturating(fileBytes, times: 8, plus: 256 * megabyte))
    }

    /// For loading and running a model of this size on an engine: four times the file and a gigabyte.
    package static func running(fileBytes: Int) -> Sandbox {
        Sandbox(
            extraAddressSpace: saturating(fileBytes, times: 4, plus: 1024 * megabyte), cpuSeconds: 300,
            fileBytes: 64 * megabyte)
    }

    /// For running a model and comparing what it makes with a file of arrays, of these sizes together.
    package static func comparing(fileBytes: Int) -> Sandbox {
        Sandbox(
            extraAddressSpace: saturating(fileBytes, times: 6, plus: 2048 * megabyte), cpuSeconds: 300,
            fileBytes: 64 * megabyte)
    }

    /// For rewriting a model of this size and running it again and again: two sessions, the model in memory twice, and
    /// answers.
    package static func optimizing(fileBytes: Int) -> Sandbox {
        Sandbox(
            extraAddressSpace: saturating(fileBytes, times: 12, plus: 2048 * megabyte), cpuSeconds: 900,
            fileBytes: saturating(fileBytes, times: 2, plus: 64 * megabyte))
    }

    /// For loading a model of this size on an engine that writes down what it makes of it.
    package static func recording(fileBytes: Int) -> Sandbox {
        Sandbox(
            extraAddressSpace: saturating(fileBytes, times: 6, plus: 1024 * megabyte), cpuSeconds: 120,
            fileBytes: saturating(fileBytes, times: 4, plus: 64 * megabyte), mayWrite: true)
    }

    /// Puts the walls up around this process, for good.
    ///
    /// - Throws: `WorkshopError.Code.sandbox` when the system refuses; nothing hostile may be opened then.
    package func enter() throws(WorkshopError) {
        var limits = csandbox_limits(
            extra_address_space: UInt64(clamping: extraAddressSpace), cpu_seconds: UInt64(clamping: cpuSeconds),
            descriptors: 256, file_bytes: UInt64(clamping: fileBytes))
        let limited = csandbox_limit(&limits)
        guard limited == 0 else { throw WorkshopError(.sandbox, "the limits could not be set (errno \(limited))") }
        let filtered = csandbox_filter(mayWrite ? 1 : 0)
        guard filtered == 0 else {
            throw WorkshopError(.sandbox, "the system call filter could not be installed (errno \(filtered))")
        }
    }

    private static func saturating(_ value: Int, times: Int, plus: Int) -> Int {
        let (product, overflow) = max(value, 0).multipliedReportingOverflow(by: times)
        let (sum, overflowed) = product.addingReportingOverflow(plus)
        return overflow || overflowed ? Int.max : sum
    }
}
