import NIOCore
import Trust

/// `RepositoryIndex`, `RepositoryModelLoad` and `RepositoryModelUnload`, where clients may control models.
final class ErrandHandler: CallHandler {
    private unowned let call: GRPCCall
    private var message = OneMessage()

    init(_ call: GRPCCall) { self.call = call }

    let acceptsMessages = true
    let isIdle = false

    func receive(_ message: MessageBytes) throws(RequestFault) { try self.message.receive(message) }

    func end() throws(RequestFault) {
        let message = try self.message.take()
        let action = call.method.action
        let request = try message.withBytes { bytes throws(RequestFault) in
            try RepositoryMessage(bytes, isIndex: action == .repositoryIndex)
        }
        let errand: ModelErrand =
            switch action {
            case .repositoryLoad: .load(request.model, request.parameters)
            case .repositoryUnload: .unload(request.model)
            default: .names
            }
        let call = call
        call.loop.run(errand, for: call.identity.name) { result in Self.conclude(result, request, call) }
    }

    private static func conclude(
        _ result: Result<[String], RequestFault>, _ request: RepositoryMessage, _ call: GRPCCall
    ) {
        guard !call.isAnswered else { return }
        do throws(RequestFault) {
            var writer = ProtoWriter()
            let names = try result.get()
            if call.method.action == .repositoryIndex {
                call.loop.writeIndex(&writer, onlyReady: request.onlyReady, names: names)
            } else {
                // What KServe's clients read; Triton's skip it.
                writer.string(1, request.model)
                writer.bool(2, true)
            }
            try call.send(writer.bytes.count) { $0.writeBytes(writer.bytes) }
            call.finish(.ok)
            call.loop.log(AnsweredRequest(call, .ok), at: MonotonicClock.now())
        } catch {
            call.fail(error)
        }
        call.connection.flush()
    }

    func cancel() {}

    /// Only a deadline of the client's own: large models take long to load.
    func check(_ now: UInt64) throws(RequestFault) {
        guard call.head.timeout != nil, now >= call.deadline else { return }
        throw RequestFault(.deadlineExceeded, "the call's time was over; what it asked for goes on")
    }
}

/// What a message about the repository asks for.
///
/// Source: Triton, `RepositoryIndexRequest` (2: ready), `RepositoryModelLoadRequest` and `RepositoryModelUnloadRequest`
/// (1: repository_name, 2: model_name, 3: parameters); KServe has the model's name as field 1.
struct RepositoryMessage {
    private(set) var model = ""
    private(set) var onlyReady = false
    private(set) var parameters = LoadParameters()

    /// - Throws: `RequestFault` for a message that is not well-formed.
    init(_ bytes: UnsafeRawBufferPointer, isIndex: Bool) throws(RequestFault) {
        var reader = ProtoReader(bytes)
        var first = ""
        while let field = try reader.next() {
            switch field.number {
            case 1: first = try reader.string(field)
            case 2 where isIndex: onlyReady = try reader.bool(field)
            case 2: model = try reader.string(field)
            case 3 where !isIndex: try noteParameter(bytes, try reader.range(field))
            default: try reader.skip(field)
            }
        }
        if model.isEmpty { model = first }
    }

    /// An entry of the map `parameters` (1: key, 2: value), whose value is a `ModelRepositoryParameter` (3: text).
    private mutating func noteParameter(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) throws(RequestFault) {
        var reader = ProtoReader(bytes, range)
        var (key, text) = ("", String?.none)
        while let field = try reader.next() {
            switch field.number {
            case 1: key = try reader.string(field)
            case 2:
                var value = ProtoReader(bytes, try reader.range(field))
                while let part = try value.next() {
                    if part.number == 3 { text = try value.string(part) } else { try value.skip(part) }
                }
            default: try reader.skip(field)
            }
        }
        parameters.note(key, text)
    }
}
