/// The stack machine that a pickle is a program for. It builds values and calls nothing: where Python would import or call,
/// a `global` or an `object` is noted as data.
///
/// It accepts at least what CPython accepts, so that nothing can be hidden from it behind bytes that only it refuses.
/// Work and memory are linear in the stream's bytes.
struct PickleMachine {
    /// How a stream is to be read.
    struct Options {
        var limits = PickleLimits()
        /// Whether arrays' elements stand in the stream, as joblib writes them.
        var readsRawArrays = false
    }

    let options: Options
    var cursor: StreamCursor
    var values: [PickleValue] = []
    var stack: [PickleID] = []
    /// How high the stack was at each open mark.
    var marks: [Int] = []
    var memo: [Int: PickleID] = [:]
    var globals = GlobalLedger()
    var version = 0
    /// Where the instruction at hand begins.
    var position = 0

    init(_ source: PickleBytes, at start: Int = 0, options: Options = Options()) {
        self.options = options
        cursor = StreamCursor(source, at: start)
    }

    /// Reads one stream, up to its `STOP`.
    ///
    /// - Throws: `PickleError`; `globals` has what was met until then.
    mutating func run() throws(PickleError) -> PickleDocument {
        while true {
            position = cursor.position
            let byte = try cursor.byte()
            guard let opcode = Opcode(rawValue: byte) else {
                throw PickleError(.malformed, "byte \(position): no opcode has the number \(byte)")
            }
            if opcode == .stop { break }
            try perform(opcode)
        }
        let root = try pop()
        return PickleDocument(
            values: values, root: root, globals: globals.uses, version: version, end: cursor.position)
    }

    private mutating func perform(_ opcode: Opcode) throws(PickleError) {
        switch opcode {
        case .version: try setVersion()
        case .frame: try checkFrame()
        case .mark, .pop, .popMark, .duplicate: try arrange(opcode)
        case .put, .binPut, .longBinPut, .memoize, .get, .binGet, .longBinGet: try remember(opcode)
        case .none, .newTrue, .newFalse, .int, .binInt, .binInt1, .binInt2, .long, .long1, .long4, .float, .binFloat:
            try push(try number(opcode))
        case .string, .binString, .shortBinString, .unicode, .binUnicode, .shortBinUnicode, .binUnicode8:
            try push(.text(try text(opcode)))
        case .binBytes, .shortBinBytes, .binBytes8, .byteArray8: try push(.bytes(try bytes(opcode)))
        case .emptyList, .emptyTuple, .emptyDictionary, .emptySet, .list, .tuple, .tuple1, .tuple2, .tuple3,
            .dictionary,
            .frozenSet:
            try collect(opcode)
        case .append, .appends, .setItem, .setItems, .addItems: try add(opcode)
        case .global, .stackGlobal, .extension1, .extension2, .extension4: try name(opcode)
        case .reduce, .newObject, .newObjectKeywords, .instance, .object, .build: try make(opcode)
        case .persistentID: try push(.persistent(try store(.text(try cursor.line().text))))
        case .binPersistentID: try push(.persistent(try pop()))
        case .nextBuffer: try push(.outOfBand)
        case .readOnlyBuffer, .stop: return
        }
    }

    private mutating func setVersion() throws(PickleError) {
        let version = Int(try cursor.byte())
        guard version <= 5 else {
            throw PickleError(.unsupported, "byte \(position): pickle protocol \(version); expected 0 to 5")
        }
        self.version = version
    }

    private mutating func checkFrame() throws(PickleError) {
        let length = try cursor.number(bytes: 8)
        guard length <= cursor.remaining else {
            throw PickleError(
                .malformed, "byte \(position): a frame of \(length) bytes, but \(cursor.remaining) follow")
        }
    }
}
