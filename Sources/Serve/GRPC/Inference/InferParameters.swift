/// The `parameters` of a request, its inputs and its outputs: the same as over HTTP, see `V2Parameters`.
struct InferParameters {
    /// One value. Source: `InferParameter`.
    enum Value {
        case none
        case bool(Bool)
        case int64(Int64)
        case string(String)
        case double(Double)
        case uint64(UInt64)
    }

    /// Microseconds; `nil` for the server's own limit.
    private(set) var timeout: Int?
    private(set) var priority = Priority.usual
    private(set) var sequence = SequenceParameters()

    init() {}

    /// Reads one entry of a request's parameters.
    mutating func readRequest(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) throws(RequestFault) {
        let (key, value) = try Self.entry(bytes, range)
        switch key {
        case "timeout": timeout = try Self.timeout(value)
        case "priority": priority = try Self.priority(value)
        case "sequence_id": try sequence.set(try Self.sequenceID(value))
        case "sequence_start": sequence.starts = !value.saysNothing
        case "sequence_end": sequence.ends = !value.saysNothing
        case "triton_enable_empty_final_response": break
        case _ where key.hasPrefix("triton_"):
            throw RequestFault(.unsupported, "parameters that begin with 'triton_' are reserved")
        default: break
        }
    }

    private static func timeout(_ value: Value) throws(RequestFault) -> Int? {
        guard let microseconds = value.count else {
            throw RequestFault(.invalidInput, "parameter 'timeout' is a number of microseconds, not below 0")
        }
        return microseconds == 0 ? nil : Int(clamping: microseconds)
    }

    private static func sequenceID(_ value: Value) throws(RequestFault) -> SequenceRequest.ID {
        if case .string(let text) = value { return .text(text) }
        guard let number = value.count else {
            throw RequestFault(.invalidInput, "parameter 'sequence_id' is a whole number, not below 0, or text")
        }
        return .number(number)
    }

    private static func priority(_ value: Value) throws(RequestFault) -> Int {
        guard let number = value.count else {
            throw RequestFault(.invalidInput, "parameter 'priority' is a whole number, not below 0")
        }
        return number == 0 ? Priority.usual : min(Int(clamping: number), Priority.lowest)
    }

    /// Reads one entry of an input's or a requested output's parameters.
    ///
    /// - Returns: `classification`; `nil` for another parameter.
    static func readTensor(
        _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ shared: inout SharedMemoryParameters
    ) throws(RequestFault) -> Int? {
        let (key, value) = try entry(bytes, range)
        switch (key, value) {
        case ("classification", _):
            if value.saysNothing { return nil }
            guard let count = value.count else {
                throw RequestFault(.invalidInput, "parameter 'classification' is a number of classes, not below 0")
            }
            return Int(clamping: count)
        case ("shared_memory_region", .string(let name)): shared.take(region: name)
        case ("shared_memory_byte_size", .int64(let number)), ("shared_memory_offset", .int64(let number)):
            try shared.take(key, integer: Int(number))
        case ("shared_memory_byte_size", .uint64(let number)), ("shared_memory_offset", .uint64(let number)):
            try shared.take(key, integer: Int(clamping: number))
        case ("shared_memory_region", _), ("shared_memory_byte_size", _), ("shared_memory_offset", _):
            throw RequestFault(.invalidInput, "parameter '\(key)' is of another type than the protocol's")
        default: break
        }
        return nil
    }

    /// A map's entry: either part may be left out, or come twice.
    private static func entry(
        _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>
    ) throws(RequestFault) -> (key: String, value: Value) {
        var reader = ProtoReader(bytes, range)
        var key = ""
        var value = Value.none
        while let field = try reader.next() {
            switch field.number {
            case 1: key = try reader.string(field)
            case 2: value = try self.value(bytes, try reader.range(field))
            default: try reader.skip(field)
            }
        }
        return (key, value)
    }

    private static func value(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) throws(RequestFault) -> Value {
        var reader = ProtoReader(bytes, range)
        var value = Value.none
        while let field = try reader.next() {
            switch field.number {
            case 1: value = .bool(try reader.bool(field))
            case 2: value = .int64(try reader.int64(field))
            case 3: value = .string(try reader.string(field))
            case 4: value = .double(try reader.double(field))
            case 5: value = .uint64(try reader.uint64(field))
            default: try reader.skip(field)
            }
        }
        return value
    }
}

extension InferParameters.Value {
    /// `0`, `""`, `false` and nothing.
    var saysNothing: Bool {
        switch self {
        case .none: true
        case .bool(let value): !value
        case .int64(let value): value == 0
        case .string(let value): value.isEmpty
        case .double(let value): value == 0
        case .uint64(let value): value == 0
        }
    }

    /// A whole number that is not negative.
    var count: UInt64? {
        switch self {
        case .int64(let value): UInt64(exactly: value)
        case .uint64(let value): value
        default: nil
        }
    }
}
