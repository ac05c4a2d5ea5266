import Tensors

/// A value of a document, to be read from. Reading follows references one at a time and never by itself, so that cycles
/// are harmless; whoever descends limits how deep.
package struct PickleView: Sendable {
    let document: PickleDocument
    let id: PickleID

    init(_ document: PickleDocument, _ id: PickleID) {
        self.document = document
        self.id = id
    }

    /// What is there.
    package var value: PickleValue { document[id] }

    func view(_ id: PickleID) -> PickleView { PickleView(document, id) }

    /// Text, also as Python 2 and NumPy's scalars hold it.
    package var text: String? {
        switch value {
        case .text(let text): text
        case .bytes(let bytes): bytes.text
        case .object: scalar?.strings?.decoded.first
        default: nil
        }
    }

    /// A whole number: Python's own or NumPy's.
    package var integer: Int? {
        switch value {
        case .integer(let value): value
        case .bool(let value): value ? 1 : 0
        case .object: scalar.flatMap { $0.elementType.isFloatingPoint ? nil : $0.wholeNumbers?.first }
        default: nil
        }
    }

    /// A number: Python's own or NumPy's.
    package var real: Double? {
        switch value {
        case .real(let value): value
        case .integer(let value): Double(value)
        case .bool(let value): value ? 1 : 0
        case .object: scalar?.reals?.first
        default: nil
        }
    }

    /// A truth value: Python's own or NumPy's.
    package var bool: Bool? {
        switch value {
        case .bool(let value): value
        case .integer(let value): value != 0
        case .object: scalar.flatMap { $0.elementType == .bool ? $0.wholeNumbers?.first != 0 : nil }
        default: nil
        }
    }

    /// Whether it is Python's `None`.
    package var isNone: Bool { if case .none = value { true } else { false } }

    /// The elements of a list, a tuple or a set; `nil` for anything else.
    package var items: [PickleView]? {
        switch value {
        case .list(let items), .tuple(let items), .set(let items): items.map(view)
        case .object(let object) where !object.items.isEmpty: object.items.map(view)
        default: nil
        }
    }

    /// Keys and values of a dictionary, or of an object that is one, such as an `OrderedDict`.
    package var pairs: [(key: PickleView, value: PickleView)]? {
        switch value {
        case .dictionary(let pairs): pairs.map { (view($0.key), view($0.value)) }
        case .object(let object):
            object.pairs.map { (view($0.key), view($0.value)) } + ((try? view(object.arguments).mapping()) ?? [])
        default: nil
        }
    }

    /// The pairs that a mapping's constructor was given: a list of pairs, as protocols 0 to 2 write an `OrderedDict`.
    private func mapping() throws(PickleError) -> [(key: PickleView, value: PickleView)] {
        guard let list = items?.first, let entries = list.items else { return [] }
        return entries.compactMap { entry in
            guard let pair = entry.items, pair.count == 2 else { return nil }
            return (pair[0], pair[1])
        }
    }

    /// Module and name of the class it is an instance of, or of the function that would make it.
    package var className: (module: String, name: String)? {
        guard case .object(let object) = value else { return nil }
        guard case .global(let module, let name) = document[object.callable] else { return nil }
        // Protocols 0 and 1: a helper is called with the class.
        if name == "_reconstructor", let first = view(object.arguments).items?.first,
            case .global(let module, let name) = first.value
        {
            return (module, name)
        }
        return (module, name)
    }

    /// Module and name, where it is a name itself: a class or a function that is kept as a value.
    package var globalName: (module: String, name: String)? {
        guard case .global(let module, let name) = value else { return nil }
        return (module, name)
    }

    /// Where in the stream it would be made.
    package var position: Int? { if case .object(let object) = value { object.position } else { nil } }

    /// What the program at hand would know an object by that is kept outside of the pickle: a tensor's storage.
    package var persistent: PickleView? {
        guard case .persistent(let id) = value else { return nil }
        return view(id)
    }

    /// What its constructor would be called with.
    package var arguments: [PickleView] {
        guard case .object(let object) = value else { return [] }
        return view(object.arguments).items ?? []
    }

    /// What `__setstate__` would be called with last.
    package var state: PickleView? {
        guard case .object(let object) = value, let state = object.states.last else { return nil }
        return view(state)
    }

    /// An attribute of an object: the last that its state sets.
    package func attribute(_ name: String) -> PickleView? {
        guard let state else { return nil }
        if case .tuple(let parts) = state.value {
            // The dictionary and what is in slots.
            return parts.reversed().lazy.compactMap { view($0).entry(name) }.first
        }
        return state.entry(name)
    }

    /// The value under a key that is text; the last where there are several, as in Python.
    package func entry(_ name: String) -> PickleView? {
        guard case .dictionary(let pairs) = value else { return nil }
        for pair in pairs.reversed() {
            switch document[pair.key] {
            case .text(let key) where key == name: return view(pair.value)
            case .bytes(let key) where key.count == name.utf8.count && key.text == name: return view(pair.value)
            default: continue
            }
        }
        return nil
    }

    /// What it is, in words for an error.
    package var kindName: String {
        switch value {
        case .none: return "None"
        case .bool: return "a truth value"
        case .integer, .longInteger: return "an integer"
        case .real: return "a number"
        case .text: return "text"
        case .bytes: return "bytes"
        case .list: return "a list"
        case .tuple: return "a tuple"
        case .set: return "a set"
        case .dictionary: return "a dictionary"
        case .global(let module, let name): return "the name " + "\(module).\(name)".quotedName
        case .registered(let number): return "the registered extension \(number)"
        case .persistent: return "an object that is kept outside of the pickle"
        case .outOfBand: return "bytes that are kept outside of the file"
        case .array: return "an array"
        case .object:
            guard let className else { return "an object of a class that only running it would tell" }
            return "an object of " + "\(className.module).\(className.name)".quotedName
        }
    }
}
