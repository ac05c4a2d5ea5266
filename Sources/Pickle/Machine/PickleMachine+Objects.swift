/// Where Python would import and call.
extension PickleMachine {
    /// GLOBAL, STACK_GLOBAL and the registry of extensions.
    mutating func name(_ opcode: Opcode) throws(PickleError) {
        switch opcode {
        case .global:
            let module = try cursor.line(limit: options.limits.nameBytes).text
            try pushGlobal(module, try cursor.line(limit: options.limits.nameBytes).text)
        case .stackGlobal:
            let name = try pop()
            try pushGlobal(try nameText(try pop()), try nameText(name))
        case .extension1: try pushExtension(Int(try cursor.byte()))
        case .extension2: try pushExtension(try cursor.number(bytes: 2))
        default: try pushExtension(try cursor.number(bytes: 4))
        }
    }

    private mutating func pushGlobal(_ module: String, _ name: String) throws(PickleError) {
        guard module.utf8.count <= options.limits.nameBytes, name.utf8.count <= options.limits.nameBytes else {
            throw PickleError(.tooLarge, "byte \(position): a name of more than \(options.limits.nameBytes) bytes")
        }
        globals.note(module, name, at: position)
        try push(.global(module: module, name: name))
    }

    private mutating func pushExtension(_ number: Int) throws(PickleError) {
        globals.note("copyreg", "extension \(number)", at: position)
        try push(.registered(number))
    }

    /// The text of a name. One that a call would make is not known before it is made.
    private func nameText(_ id: PickleID) throws(PickleError) -> String {
        switch values[Int(id.index)] {
        case .text(let text): return text
        case .persistent: return GlobalLedger.computed
        case .object(let object) where mayMakeText(object): return GlobalLedger.computed
        default: throw PickleError(.malformed, "byte \(position): expected text as the name of a global")
        }
    }

    /// Whether a call might answer with text. Python takes nothing else as a name, and what is known to be harmless makes
    /// objects of its own kind.
    private func mayMakeText(_ object: PickleObject) -> Bool {
        guard case .global(let module, let name) = values[Int(object.callable.index)] else { return true }
        return !HarmlessGlobals.contains(module: module, name: name) || name == "str" || name == "unicode"
    }

    /// The opcodes that make objects and give them a state.
    mutating func make(_ opcode: Opcode) throws(PickleError) {
        switch opcode {
        case .reduce, .newObject:
            let arguments = try pop()
            try pushCall(try pop(), arguments)
        case .newObjectKeywords:
            let keywords = try pop()
            let arguments = try pop()
            try pushCall(try pop(), arguments, keywords)
        case .instance:
            let module = try cursor.line(limit: options.limits.nameBytes).text
            try pushGlobal(module, try cursor.line(limit: options.limits.nameBytes).text)
            let callable = try pop()
            try pushCall(callable, try store(.tuple(try popToMark())))
        case .object:
            var arguments = try popToMark()
            guard !arguments.isEmpty else {
                throw PickleError(.malformed, "byte \(position): expected a class after the mark, found nothing")
            }
            let callable = arguments.removeFirst()
            try pushCall(callable, try store(.tuple(arguments)))
        default: try build()
        }
    }

    private mutating func pushCall(
        _ callable: PickleID, _ arguments: PickleID, _ keywords: PickleID? = nil
    ) throws(PickleError) {
        if case .global(let module, let name) = values[Int(callable.index)] { globals.noteCall(module, name) }
        try push(
            .object(PickleObject(callable: callable, arguments: arguments, keywords: keywords, position: position)))
    }

    private mutating func build() throws(PickleError) {
        let state = try pop()
        let target = try top()
        guard case .object(var object) = values[Int(target.index)] else {
            // The state of a class or a function: attributes set on what was imported. Kept nowhere, but never hidden.
            if case .global(let module, let name) = values[Int(target.index)] { globals.noteCall(module, name) }
            return
        }
        object.states.append(state)
        values[Int(target.index)] = .object(object)
        if options.readsRawArrays, let wrapper = try rawArrayWrapper(object, state) {
            values[Int(target.index)] = .array(try readRawArray(wrapper))
        }
    }
}

/// The names that a stream imports, each once.
struct GlobalLedger {
    /// What stands for a name that only running the pickle would tell.
    static let computed = "(computed while it is read)"

    private struct Name: Hashable { var module: String, name: String }

    private var places: [Name: Int] = [:]
    private(set) var uses: [GlobalUse] = []

    mutating func note(_ module: String, _ name: String, at position: Int) {
        if let place = places[Name(module: module, name: name)] {
            uses[place].count += 1
        } else {
            places[Name(module: module, name: name)] = uses.count
            uses.append(GlobalUse(module: module, name: name, position: position, isCalled: false, count: 1))
        }
    }

    mutating func noteCall(_ module: String, _ name: String) {
        if let place = places[Name(module: module, name: name)] { uses[place].isCalled = true }
    }

    /// Takes over what a stream inside this one imports.
    mutating func merge(_ others: [GlobalUse]) {
        for use in others {
            note(use.module, use.name, at: use.position)
            if use.isCalled { noteCall(use.module, use.name) }
        }
    }
}
