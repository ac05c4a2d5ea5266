import Tensors

extension TritonConfiguration {
    /// Reads a `config.pbtxt`. What has no effect on answers is noted; what has one and cannot be had here is an obstacle.
    ///
    /// - Throws: `HouseError.Code.malformed` with line and column for what Triton would not take either.
    package init(parsing bytes: [UInt8]) throws(HouseError) {
        let message = try TextFormatReader.read(bytes)
        self.init()
        var seen: Set<String> = []
        for field in message.fields {
            guard Self.repeated.contains(field.name) || seen.insert(field.name).inserted else {
                throw HouseError(.malformed, "\(field.place): '\(field.name.shown)' is given twice")
            }
            try read(field)
        }
        let schedulers = seen.intersection(["dynamic_batching", "sequence_batching", "ensemble_scheduling"])
        guard schedulers.count <= 1 else {
            throw HouseError(.malformed, "\(schedulers.sorted().joined(separator: " and ")) exclude each other")
        }
        ensemble?.inputs = inputs.map(\.name)
        ensemble?.outputs = outputs.map(\.name)
    }

    private static let repeated: Set<String> = [
        "input", "output", "batch_input", "batch_output", "instance_group", "cc_model_filenames", "metric_tags",
        "parameters", "model_warmup",
    ]

    private mutating func read(_ field: TextField) throws(HouseError) {
        switch field.name {
        case "name": name = try field.text()
        case "platform": platform = try field.text()
        case "backend": backend = try field.text()
        case "max_batch_size":
            let rows = try field.integer()
            guard (0...Int(Int32.max)).contains(rows) else { throw field.unexpected("a number of rows") }
            maximumRows = rows
        case "input": inputs.append(try tensor(field, isInput: true))
        case "output": outputs.append(try tensor(field, isInput: false))
        case "version_policy": policy = try Self.policy(try field.message())
        case "default_model_filename": defaultFile = try field.text()
        case "dynamic_batching": batching = try dynamicBatching(try field.message())
        case "sequence_batching": try sequences(try field.message())
        case "ensemble_scheduling": ensemble = try ensemble(try field.message())
        case "instance_group": instances.append(try instances(try field.message()))
        case "parameters": try parameter(try field.message())
        case "optimization": try optimization(try field.message())
        case "response_cache":
            for field in try field.message().fields {
                guard field.name == "enable" else { throw field.unknown(in: "response_cache") }
                isCached = try field.truth()
            }
        case "model_transaction_policy":
            for field in try field.message().fields {
                guard field.name == "decoupled" else { throw field.unknown(in: "model_transaction_policy") }
                if try field.truth() { refuse(field, "answers apart from requests (decoupled) are not given here") }
            }
        default: try readRest(field)
        }
    }

    /// Fields that are noted or refused as a whole.
    private mutating func readRest(_ field: TextField) throws(HouseError) {
        switch field.name {
        case "cc_model_filenames", "metric_tags", "model_warmup", "model_metrics": ignore(field)
        case "runtime": if try !field.text().isEmpty { ignore(field) }
        case "batch_input", "batch_output": refuse(field, "inputs made of a batch's sizes are not made here")
        case "model_operations": refuse(field, "libraries of operators of one's own are not loaded")
        case "model_repository_agents": refuse(field, "an agent may change the model's files before they are read")
        default: throw field.unknown(in: "a model's configuration")
        }
    }

    private mutating func ignore(_ field: TextField, _ name: String? = nil) {
        let remark = "\(field.place): '\((name ?? field.name).shown)' has no effect on answers and is left out"
        if !remarks.contains(remark) { remarks.append(remark) }
    }

    private mutating func refuse(_ field: TextField, _ reason: String) {
        obstacles.append("\(field.place): '\(field.name.shown)': \(reason)")
    }

    // MARK: - Tensors

    private mutating func tensor(_ whole: TextField, isInput: Bool) throws(HouseError) -> TritonTensor {
        var tensor = TritonTensor()
        tensor.place = whole.place
        for field in try whole.message().fields {
            switch field.name {
            case "name": tensor.name = try field.text()
            case "data_type": tensor.type = try type(field)
            case "dims": tensor.dimensions.append(try Self.dimension(field))
            case "format" where isInput: _ = try field.symbol()
            case "label_filename" where !isInput: tensor.labelFile = try field.text()
            case "reshape":
                var shape: [Int] = []
                for field in try field.message().fields {
                    guard field.name == "shape" else { throw field.unknown(in: "reshape") }
                    shape.append(try Self.dimension(field))
                }
                tensor.reshape = shape
            case "is_shape_tensor", "is_non_linear_format_io":
                if try field.truth() { refuse(field, "only TensorRT has such tensors") }
            case "allow_ragged_batch" where isInput:
                if try field.truth() { refuse(field, "rows of different sizes are not put together here") }
            case "optional" where isInput:
                if try field.truth() { refuse(field, "an input that may be missing is not filled in here") }
            default: throw field.unknown(in: isInput ? "an input" : "an output")
            }
        }
        guard !tensor.name.isEmpty else {
            throw HouseError(.malformed, "\(whole.place): an \(isInput ? "input" : "output") has no name")
        }
        return tensor
    }

    private mutating func type(_ field: TextField) throws(HouseError) -> ElementType? {
        let word = try field.symbol()
        guard word.hasPrefix("TYPE_") else { throw field.unexpected("a type such as TYPE_FP32") }
        if word == "TYPE_STRING" { return .string }
        if let type = ElementType(protocolName: String(word.dropFirst(5))), type != .string { return type }
        refuse(field, "no engine here has the type \(word.shown)")
        return nil
    }

    private static func dimension(_ field: TextField) throws(HouseError) -> Int {
        let size = try field.integer()
        guard size >= 1 || size == -1 else { throw field.unexpected("sizes from 1, or -1") }
        return size
    }

    // MARK: - Versions

    private static func policy(_ message: TextMessage) throws(HouseError) -> VersionPolicy {
        guard let field = message.fields.first else { return .latest(1) }
        guard message.fields.count == 1 else {
            throw HouseError(.malformed, "\(message.place): a version policy is one of latest, all, specific")
        }
        let inner = try field.message()
        switch field.name {
        case "all": return .all
        case "latest":
            var count = 1
            for field in inner.fields {
                guard field.name == "num_versions" else { throw field.unknown(in: "latest") }
                count = try field.integer()
            }
            return .latest(count)
        case "specific":
            var versions: [Int] = []
            for field in inner.fields {
                guard field.name == "versions" else { throw field.unknown(in: "specific") }
                versions.append(try field.integer())
            }
            return .specific(versions)
        default: throw field.unknown(in: "version_policy")
        }
    }
}
