import NIOCore
import Tensors

/// A body of JSON followed by tensors: the tensors' bytes go straight into the memory that the engine reads.
final class BinaryBody {
    /// One tensor that follows the JSON.
    private struct Part {
        /// Its position among the request's inputs.
        var input: Int
        var size: Int
        var lease: Lease
        var filled = 0
    }

    private let arm: LiveArm
    private let pool: BufferPool
    private let headerLength: Int
    private let length: Int?
    private let repeated: RepeatedHeader
    private var text: BodyBytes
    private var request: V2Request?
    private var parts: [Part] = []
    private var current = 0

    /// - Parameter repeated: the connection's last header.
    init(arm: LiveArm, pool: BufferPool, headerLength: Int, length: Int?, repeated: RepeatedHeader) {
        self.arm = arm
        self.repeated = repeated
        self.pool = pool
        self.headerLength = headerLength
        self.length = length
        text = BodyBytes(pool: pool, expected: length == nil ? nil : headerLength)
    }

    func receive(_ bytes: ByteBuffer) throws(RequestFault) {
        var rest = bytes
        if request == nil {
            guard let head = rest.readSlice(length: min(rest.readableBytes, headerLength - text.count)) else { return }
            try text.append(head)
            guard text.count == headerLength else { return }
            try parse()
        }
        while rest.readableBytes > 0 { try fill(&rest) }
    }

    private func parse() throws(RequestFault) {
        let parsed: V2Request
        do {
            parsed = try text.withBytes { bytes in
                if let known = repeated.request(bytes, for: arm) { return known }
                var parser = V2RequestParser(bytes, arm: arm, pool: pool, allowsBinary: true)
                let parsed = try parser.parse()
                repeated.keep(parsed, bytes, for: arm)
                return parsed
            }
        } catch {
            throw RequestFault(adapting: error)
        }
        text = BodyBytes(pool: pool, expected: nil, isAligned: true)
        try plan(parsed)
        request = parsed
    }

    /// Checks the sizes against the body's, then takes memory for each tensor.
    private func plan(_ request: V2Request) throws(RequestFault) {
        var total = 0
        for input in request.inputs {
            guard case .binary(let size) = input.elements else { continue }
            let (sum, overflow) = total.addingReportingOverflow(size)
            guard !overflow else { throw RequestFault(.malformedBody, "the tensors' sizes are beyond 64 bits") }
            total = sum
        }
        if let length, total != length - headerLength {
            throw RequestFault(
                .malformedBody,
                "the inputs' 'binary_data_size' sum to \(total) bytes, but \(length - headerLength) follow the JSON")
        }
        for (place, input) in request.inputs.enumerated() {
            guard case .binary(let size) = input.elements else { continue }
            guard let lease = pool.lease(size) else { throw .exhausted }
            parts.append(Part(input: place, size: size, lease: lease))
        }
        skipFull()
    }

    private func fill(_ rest: inout ByteBuffer) throws(RequestFault) {
        guard parts.indices.contains(current) else {
            throw RequestFault(.malformedBody, "\(rest.readableBytes) bytes are left over after the last tensor")
        }
        let filled = parts[current].filled
        let count = min(rest.readableBytes, parts[current].size - filled)
        guard parts[current].lease.charge(upTo: filled + count) else { throw .exhausted }
        let target = UnsafeMutableRawBufferPointer(start: parts[current].lease.base + filled, count: count)
        rest.readWithUnsafeReadableBytes { source in
            target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source.prefix(count)))
            return count
        }
        parts[current].filled += count
        skipFull()
    }

    private func skipFull() {
        while current < parts.count, parts[current].filled == parts[current].size { current += 1 }
    }

    /// The request with every tensor in place.
    func finish() throws(RequestFault) -> V2Request {
        guard var request else {
            throw RequestFault(
                .malformedBody, "the body ends after \(text.count) bytes, within the \(headerLength) bytes of JSON")
        }
        guard current == parts.count else {
            let part = parts[current]
            let name = arm.signature.inputs[request.inputs[part.input].index].name
            throw RequestFault(
                .malformedBody, "the body ends after \(part.filled) of the \(part.size) bytes of input '\(name)'")
        }
        for part in parts { request.inputs[part.input].elements = .tensor(try tensor(part, request)) }
        parts = []
        return request
    }

    private func tensor(_ part: Part, _ request: V2Request) throws(RequestFault) -> Tensor {
        let input = request.inputs[part.input]
        do {
            if input.elementType == .string {
                let bytes = UnsafeRawBufferPointer(start: part.lease.base, count: part.size)
                let strings = try BinaryStrings.decode(
                    bytes, count: input.shape.elementCount, input: arm.signature.inputs[input.index].name)
                return try Tensor(input.shape, strings: strings)
            }
            let buffer = TensorBuffer(borrowing: part.lease.base, capacity: part.lease.capacity, owner: part.lease)
            return try Tensor(input.elementType, input.shape, buffer: buffer)
        } catch {
            throw RequestFault(adapting: error)
        }
    }
}
