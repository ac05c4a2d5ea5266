import Tensors

/// The `parameters` of a request, its inputs and its outputs.
///
/// Unknown ones are ignored. Reserved ones that would change the answer are refused where they are not implemented:
/// ignoring them would answer another question than was asked.
struct V2Parameters {
    /// What outputs do that do not say themselves.
    var binaryOutputs = false
    /// Microseconds; `nil` for the server's own limit.
    var timeout: Int?
    var priority = Priority.usual
    var sequence = SequenceParameters()

    init() {}

    /// Reads a request's parameters.
    init(request scanner: inout JSONScanner) throws {
        try scanner.beginObject()
        while let key = try scanner.nextMember() {
            switch key {
            case "binary_data_output": binaryOutputs = try scanner.bool()
            case "timeout": timeout = try Self.timeout(&scanner)
            case "priority": priority = try Self.priority(&scanner)
            case "sequence_id": try sequence.set(try Self.sequenceID(&scanner))
            case "sequence_start": sequence.starts = try scanner.bool()
            case "sequence_end": sequence.ends = try scanner.bool()
            case "triton_enable_empty_final_response": try scanner.skip()
            case _ where key.hasPrefix("triton_"):
                throw RequestFault(.unsupported, "parameters that begin with 'triton_' are reserved")
            default: try scanner.skip()
            }
        }
    }

    private static func timeout(_ scanner: inout JSONScanner) throws -> Int? {
        let microseconds: Int
        do {
            microseconds = try scanner.int()
        } catch {
            throw RequestFault(error.located(in: "parameter 'timeout'"))
        }
        guard microseconds >= 0 else {
            throw RequestFault(.invalidInput, "parameter 'timeout' is a number of microseconds, not below 0")
        }
        return microseconds == 0 ? nil : microseconds
    }

    /// 0 leaves it to the server; numbers beyond the lowest priority are the lowest.
    private static func priority(_ scanner: inout JSONScanner) throws -> Int {
        let value: UInt64
        do {
            value = try scanner.uint64()
        } catch {
            throw RequestFault(error.located(in: "parameter 'priority'"))
        }
        return value == 0 ? Priority.usual : min(Int(clamping: value), Priority.lowest)
    }

    private static func sequenceID(_ scanner: inout JSONScanner) throws -> SequenceRequest.ID {
        if case .string = try scanner.peek() { return .text(try scanner.string()) }
        do {
            return .number(try scanner.uint64())
        } catch {
            throw RequestFault(error.located(in: "parameter 'sequence_id'"))
        }
    }

    /// Reads an input's parameters.
    ///
    /// - Returns: `binary_data_size`.
    static func binarySize(input scanner: inout JSONScanner) throws -> Int? {
        var size: Int?
        try scanner.beginObject()
        while let key = try scanner.nextMember() {
            switch key {
            case "binary_data_size":
                let value = try scanner.int()
                guard value >= 0 else { throw RequestFault(.invalidInput, "'binary_data_size' is below 0") }
                size = value
            default: try skip(&scanner, key)
            }
        }
        return size
    }

    /// What an output's parameters say.
    struct Output {
        /// `binary_data`.
        var isBinary: Bool?
        /// `classification`; 0 without.
        var classification = 0
    }

    /// Reads an output's parameters.
    static func output(_ scanner: inout JSONScanner) throws -> Output {
        var output = Output()
        try scanner.beginObject()
        while let key = try scanner.nextMember() {
            switch key {
            case "binary_data": output.isBinary = try scanner.bool()
            case "classification":
                output.classification = try scanner.int()
                guard output.classification >= 0 else {
                    throw RequestFault(.invalidInput, "parameter 'classification' is a number of classes, not below 0")
                }
            default: try skip(&scanner, key)
            }
        }
        return output
    }

    private static func skip(_ scanner: inout JSONScanner, _ key: JSONKey) throws {
        guard !key.hasPrefix("shared_memory_") else {
            throw RequestFault(.unsupported, "tensors in shared memory are not supported")
        }
        try scanner.skip()
    }
}
