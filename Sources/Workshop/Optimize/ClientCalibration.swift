import Comparing
import Compress
import Engines
import Optimize
import Synchronization
import Tensors

/// Rows as a version's clients send them, made what its graph takes a file at a time: pictures in a folder, or requests that a server
/// recorded. However many there are, memory holds those of one file.
struct ClientCalibration: HeldCalibration {
    private enum Content {
        /// A row each.
        case images
        /// As `RecordedRequests` reads them.
        case requests
    }

    private let folder: String
    private let content: Content
    /// In the order in which they are read.
    private let names: [String]
    private let processing: JSONValue?
    private let heldBlock: Int
    let source: String
    let isGenerated = false

    private static let images = [".jpg", ".jpeg", ".png"]
    /// Rows of a block, of which one in `heldBlock` is held.
    private static let block = 8
    /// Rows of requests at most: newer ones come first.
    private static let mostRows = 10_000

    /// - Parameters:
    ///   - processing: as the version's package has it; `nil`: clients send what the graph takes.
    ///   - heldBlock: of every so many blocks of rows, the last is left out; 0: none.
    /// - Throws: `RuleFault` for a folder with neither pictures nor recorded requests.
    init(folder: String, _ processing: JSONValue?, heldBlock: Int = 0) throws(RuleFault) {
        (self.folder, self.processing, self.heldBlock) = (folder, processing, heldBlock)
        let name = folder.split(separator: "/").last.map(String.init) ?? folder
        let all = try Folder.names(in: folder) { RuleFault($0.description) }.filter { !$0.hasPrefix(".") }
        let pictures = all.filter { name in Self.images.contains { name.lowercased().hasSuffix($0) } }
        let requests = all.compactMap { name in RecordedRequests.time(inName: name).map { (time: $0, name: name) } }
        if !pictures.isEmpty {
            (content, names, source) = (.images, pictures.sorted(), name)
        } else if !requests.isEmpty {
            (content, source) = (.requests, "recorded requests of '\(name)'")
            names = requests.sorted { ($0.time, $0.name) > ($1.time, $1.name) }.map(\.name)
        } else {
            throw RuleFault("'\(name)' has neither pictures (JPEG, PNG) nor recorded requests in it")
        }
    }

    var rows: Int? { content == .images ? names.count : nil }

    var words: String {
        let held = heldBlock > 0 ? ", of which every \(heldBlock)th block is held" : ""
        return (content == .images ? "\(names.count) pictures of \(source)" : source) + held
    }

    func whole() throws -> ClientCalibration { try ClientCalibration(folder: folder, processing) }

    func forEachBatch(of batch: Int, for signature: Signature, _ body: ([Tensor]) throws -> Void) throws {
        try forEachBatch(of: batch, signature, wanted: { !isHeld($0) }) { _, tensors in
            try body(tensors)
            return true
        }
    }

    func forEachHeld(for signature: Signature, _ body: (Int, [Tensor]) throws -> Bool) throws {
        try forEachBatch(of: 1, signature, wanted: isHeld, body)
    }

    private func isHeld(_ row: Int) -> Bool {
        heldBlock > 0 && row / Self.block % heldBlock == heldBlock - 1
    }

    // MARK: - Batches

    /// Puts rows of the same shapes together, as many as the graph takes at a time.
    ///
    /// - Parameter body: gets the first row's number and a batch; `false` ends it.
    private func forEachBatch(
        of batch: Int, _ signature: Signature, wanted: (Int) -> Bool, _ body: (Int, [Tensor]) throws -> Bool
    ) throws {
        let fixed = InputFit.fixedBatch(signature)
        let size = fixed ?? max(1, batch)
        var (first, gathered): (Int, [[Tensor]]) = (0, [])
        func hand() throws -> Bool {
            defer { gathered = [] }
            // Rows that do not fill a fixed batch are left out.
            guard !gathered.isEmpty, fixed == nil || gathered.count == size else { return true }
            return try body(first, joined(gathered))
        }
        let count = try forEachRow(signature, wanted) { row, tensors in
            if let before = gathered.first, before.map(\.shape) != tensors.map(\.shape), try !hand() { return false }
            if gathered.isEmpty { first = row }
            gathered.append(tensors)
            return gathered.count < size ? true : try hand()
        }
        _ = try hand()
        if count < fixed ?? 1 { throw RuleFault("\(source): \(count) rows; the model takes \(fixed ?? 1) at a time") }
    }

    private func joined(_ rows: [[Tensor]]) throws(RuleFault) -> [Tensor] {
        guard rows.count > 1, let first = rows.first else { return rows.first ?? [] }
        let joined = first.indices.compactMap { place in Tensor.concatenatingRows(rows.map { $0[place] }) }
        guard joined.count == first.count else {
            throw RuleFault("\(source): rows with elements of less than a byte cannot be put together")
        }
        return joined
    }

    // MARK: - Rows

    /// Calls `body` with the number of each row that is wanted and what the graph takes for it, until it answers false.
    ///
    /// - Returns: how many rows there were until then.
    private func forEachRow(
        _ signature: Signature, _ wanted: (Int) -> Bool, _ body: (Int, [Tensor]) throws -> Bool
    ) throws -> Int {
        let graph = GraphInputs(signature)
        let session: any Session
        do throws(EngineError) {
            session = try ClientSession.wrapping(graph, processing: processing)
        } catch {
            throw RuleFault("\(source): \(error.message)")
        }
        let fit = InputFit(signature: signature, source: source)
        var row = 0
        try forEachFile { place, requests in
            // A picture that is not wanted need not be read.
            if content == .images, !wanted(row) {
                row += 1
                return true
            }
            for inputs in try requests(session.signature) {
                do throws(EngineError) {
                    _ = try session.run(inputs)
                } catch {
                    throw RuleFault("\(source): \(place): \(error.message)")
                }
                let given = graph.take()
                guard let count = given.first?.rowCount, given.allSatisfy({ $0.rowCount == count }) else {
                    throw RuleFault("\(source): \(place): inputs differ in rows")
                }
                for index in 0..<count {
                    guard content == .images || row < Self.mostRows else { return false }
                    defer { row += 1 }
                    guard wanted(row) else { continue }
                    let tensors = try zip(given, signature.inputs).map { tensor, spec in
                        try fit.fitted(try tensor.rows(index..<index + 1), spec, firstRow: row)
                    }
                    guard try body(row, tensors) else { return false }
                }
            }
            return true
        }
        return row
    }

    /// Calls `body` with the name of each file and a reader of its requests, until it answers false.
    private func forEachFile(_ body: (String, (Signature) throws -> [[Tensor]]) throws -> Bool) throws {
        for name in names {
            let goesOn = try body(name) { signature in
                switch content {
                case .images: return [[try image(name, signature)]]
                case .requests: return try requests(name, signature)
                }
            }
            guard goesOn else { return }
        }
    }

    /// The requests of a file, their inputs in the signature's order.
    private func requests(_ name: String, _ signature: Signature) throws -> [[Tensor]] {
        let recorded: [[String: Tensor]]
        do throws(TensorError) {
            recorded = try RecordedRequests.read(path: "\(folder)/\(name)")
        } catch {
            throw RuleFault("\(source): \(name): \(error.message)")
        }
        return try recorded.map { request in
            try RecordedRequests.inputs(of: request, for: signature, without: []).map(\.tensor)
        }
    }

    /// A file as a row of the input that takes pictures.
    private func image(_ name: String, _ signature: Signature) throws -> Tensor {
        guard signature.inputs.count == 1, let input = signature.inputs.first, input.elementType == .string else {
            throw RuleFault(
                "\(source): these are pictures, and the model takes none: a version does whose processing begins with 'image'"
            )
        }
        var elements = StringElements()
        elements.append(
            try WholeFile.bytes(of: "\(folder)/\(name)", atMost: Self.largestImage) { RuleFault("\(source): \($0)") })
        return try Tensor(Shape([1]), strings: elements)
    }

    private static let largestImage = 256 << 20
}

/// Stands for a graph, and keeps what it is given in place of running.
private final class GraphInputs: Session {
    let signature: Signature
    private let given = Mutex<[Tensor]>([])

    init(_ signature: Signature) { self.signature = Signature(inputs: signature.inputs, outputs: []) }

    var engine: EngineKind { .onnxRuntime }
    var device: Device { Device(.cpu) }

    func run(inputs: [Tensor], outputs: inout [OutputSlot]) throws(EngineError) { given.withLock { $0 = inputs } }

    func take() -> [Tensor] {
        given.withLock { given in
            defer { given = [] }
            return given
        }
    }
}
