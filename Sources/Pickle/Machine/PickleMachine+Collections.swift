/// Lists, tuples, dictionaries and sets.
extension PickleMachine {
    mutating func collect(_ opcode: Opcode) throws(PickleError) {
        switch opcode {
        case .emptyList: try push(.list([]))
        case .emptyTuple: try push(.tuple([]))
        case .emptyDictionary: try push(.dictionary([]))
        case .emptySet: try push(.set([]))
        case .list: try push(.list(try popToMark()))
        case .tuple: try push(.tuple(try popToMark()))
        case .frozenSet: try push(.set(try popToMark()))
        case .dictionary: try push(.dictionary(try pairs(try popToMark())))
        case .tuple1: try push(.tuple([try pop()]))
        case .tuple2:
            let second = try pop()
            try push(.tuple([try pop(), second]))
        default:
            let third = try pop()
            let second = try pop()
            try push(.tuple([try pop(), second, third]))
        }
    }

    private func pairs(_ items: [PickleID]) throws(PickleError) -> [PicklePair] {
        guard items.count.isMultiple(of: 2) else {
            throw PickleError(.malformed, "byte \(position): expected keys with values, found an odd number of them")
        }
        return stride(from: 0, to: items.count, by: 2).map { PicklePair(key: items[$0], value: items[$0 + 1]) }
    }

    /// APPEND, APPENDS, SETITEM, SETITEMS and ADDITEMS.
    mutating func add(_ opcode: Opcode) throws(PickleError) {
        switch opcode {
        case .append:
            let item = try pop()
            try extend(try top(), by: [item])
        case .appends, .addItems:
            let items = try popToMark()
            try extend(try top(), by: items)
        case .setItem:
            let value = try pop()
            let key = try pop()
            try set([PicklePair(key: key, value: value)], in: try top())
        default:
            let pairs = try pairs(try popToMark())
            try set(pairs, in: try top())
        }
    }

    /// The value is taken out while it grows, so that growing copies nothing.
    private mutating func extend(_ target: PickleID, by items: [PickleID]) throws(PickleError) {
        let place = Int(target.index)
        let value = values[place]
        values[place] = .none
        switch consume value {
        case .list(var list):
            list += items
            values[place] = .list(list)
        case .set(var set):
            set += items
            values[place] = .set(set)
        case .object(var object):
            object.items += items
            values[place] = .object(object)
        case .bytes(let bytes):
            // A byte array; what is appended to it does not matter here.
            values[place] = .bytes(bytes)
        default:
            throw PickleError(.malformed, "byte \(position): nothing can be appended to what is on the stack")
        }
    }

    private mutating func set(_ pairs: [PicklePair], in target: PickleID) throws(PickleError) {
        let place = Int(target.index)
        let value = values[place]
        values[place] = .none
        switch consume value {
        case .dictionary(var dictionary):
            dictionary += pairs
            values[place] = .dictionary(dictionary)
        case .object(var object):
            object.pairs += pairs
            values[place] = .object(object)
        case .list(let list):
            values[place] = .list(list)
        default:
            throw PickleError(.malformed, "byte \(position): nothing can be set by key in what is on the stack")
        }
    }
}
