/// A value's place in its document.
package struct PickleID: Hashable, Sendable {
    let index: Int32

    init(_ index: Int) { self.index = Int32(truncatingIfNeeded: index) }
}

/// What a pickle describes, as data. Values refer to each other by their places, so that cycles and any depth are
/// harmless: nothing here is ever called, imported or made.
package enum PickleValue: Sendable {
    case none
    case bool(Bool)
    case integer(Int)
    /// Two's complement, little-endian, more than 64 bits.
    case longInteger(PickleBytes)
    case real(Double)
    case text(String)
    case bytes(PickleBytes)
    case list([PickleID])
    case tuple([PickleID])
    case set([PickleID])
    case dictionary([PicklePair])
    /// A name that the unpickler would import.
    indirect case global(module: String, name: String)
    /// A number of the registry of extensions (`copyreg`), which stands for a global.
    case registered(Int)
    /// What the unpickler would make by calling something.
    indirect case object(PickleObject)
    /// An object that the program at hand knows by this name: a tensor's storage, in PyTorch's files.
    case persistent(PickleID)
    /// Bytes that were handed over beside the stream (protocol 5); they are not in the file.
    case outOfBand
    /// An array whose elements stand in the stream itself, as joblib writes them.
    indirect case array(NumPyArray)
}

/// A key and its value.
package struct PicklePair: Hashable, Sendable {
    package var key: PickleID
    package var value: PickleID
}

/// A call that the unpickler would make, and what it would do to the result.
package struct PickleObject: Sendable {
    /// What would be called: nearly always a global.
    package var callable: PickleID
    /// A tuple.
    package var arguments: PickleID
    /// A dictionary of named arguments.
    package var keywords: PickleID?
    /// What `__setstate__` would be called with, in order.
    package var states: [PickleID] = []
    /// What would be appended.
    package var items: [PickleID] = []
    /// What would be set by key.
    package var pairs: [PicklePair] = []
    /// Where in the stream.
    package var position: Int
}
