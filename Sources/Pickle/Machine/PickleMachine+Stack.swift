/// The stack, its marks and the memo.
extension PickleMachine {
    /// Keeps a value and returns its place.
    mutating func store(_ value: PickleValue) throws(PickleError) -> PickleID {
        guard values.count < options.limits.values else {
            throw PickleError(
                .tooLarge, "byte \(position): more than \(options.limits.values) values in one pickle")
        }
        values.append(value)
        return PickleID(values.count - 1)
    }

    mutating func push(_ value: PickleValue) throws(PickleError) { stack.append(try store(value)) }

    /// The topmost value; as in Python, nothing below an open mark can be taken.
    mutating func pop() throws(PickleError) -> PickleID {
        guard stack.count > (marks.last ?? 0), let top = stack.popLast() else { throw underflow() }
        return top
    }

    func top() throws(PickleError) -> PickleID {
        guard stack.count > (marks.last ?? 0), let top = stack.last else { throw underflow() }
        return top
    }

    /// Everything above the newest mark, which is closed.
    mutating func popToMark() throws(PickleError) -> [PickleID] {
        guard let mark = marks.popLast(), mark <= stack.count else {
            throw PickleError(.malformed, "byte \(position): expected an open mark on the stack, found none")
        }
        let items = Array(stack[mark...])
        stack.removeSubrange(mark...)
        return items
    }

    private func underflow() -> PickleError {
        PickleError(.malformed, "byte \(position): expected a value on the stack, found none")
    }

    /// MARK, POP, POP_MARK and DUP.
    mutating func arrange(_ opcode: Opcode) throws(PickleError) {
        switch opcode {
        case .mark:
            guard marks.count < options.limits.marks else {
                throw PickleError(.tooLarge, "byte \(position): more than \(options.limits.marks) open marks")
            }
            marks.append(stack.count)
        case .pop:
            // An empty part of the stack above a mark: the mark itself goes.
            if let mark = marks.last, mark == stack.count { marks.removeLast() } else { _ = try pop() }
        case .popMark: _ = try popToMark()
        default: stack.append(try top())
        }
    }

    /// The opcodes that write into and read from the memo.
    mutating func remember(_ opcode: Opcode) throws(PickleError) {
        switch opcode {
        case .put: try memorize(at: try decimal(try cursor.line(limit: 32)))
        case .binPut: try memorize(at: Int(try cursor.byte()))
        case .longBinPut: try memorize(at: try cursor.number(bytes: 4))
        case .memoize: try memorize(at: memo.count)
        case .get: try recall(try decimal(try cursor.line(limit: 32)))
        case .binGet: try recall(Int(try cursor.byte()))
        default: try recall(try cursor.number(bytes: 4))
        }
    }

    private mutating func memorize(at place: Int) throws(PickleError) {
        guard memo.count < options.limits.memo || memo[place] != nil else {
            throw PickleError(.tooLarge, "byte \(position): more than \(options.limits.memo) places of the memo")
        }
        memo[place] = try top()
    }

    private mutating func recall(_ place: Int) throws(PickleError) {
        guard let value = memo[place] else {
            throw PickleError(.malformed, "byte \(position): place \(place) of the memo was never written")
        }
        stack.append(value)
    }

    private func decimal(_ line: PickleBytes) throws(PickleError) -> Int {
        guard let number = Int(line.text.trimmedSpaces) else {
            throw PickleError(.malformed, "byte \(position): expected a number, found \(line.text.quotedName)")
        }
        return number
    }
}

extension String {
    /// Without blanks and line ends at both ends, as Python reads numbers.
    var trimmedSpaces: String {
        let blanks: Set<Unicode.Scalar> = [" ", "\t", "\r", "\n", "\u{B}", "\u{C}"]
        let scalars = unicodeScalars
        guard let first = scalars.firstIndex(where: { !blanks.contains($0) }),
            let last = scalars.lastIndex(where: { !blanks.contains($0) })
        else { return "" }
        return String(scalars[first...last])
    }
}
