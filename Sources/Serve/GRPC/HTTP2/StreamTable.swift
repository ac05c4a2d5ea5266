/// The calls whose streams are open, by the streams' numbers. New ones have higher numbers, so they are in order.
struct StreamTable {
    private var ids: [UInt32] = []
    private(set) var calls: [GRPCCall] = []

    var count: Int { ids.count }
    var isEmpty: Bool { ids.isEmpty }

    subscript(id: UInt32) -> GRPCCall? { index(id).map { calls[$0] } }

    /// - Precondition: the call's stream has a higher number than all that were there.
    mutating func append(_ call: GRPCCall) {
        ids.append(call.id)
        calls.append(call)
    }

    mutating func remove(_ id: UInt32) -> GRPCCall? {
        guard let index = index(id) else { return nil }
        ids.remove(at: index)
        return calls.remove(at: index)
    }

    mutating func removeAll() -> [GRPCCall] {
        defer { self = StreamTable() }
        return calls
    }

    private func index(_ id: UInt32) -> Int? {
        // The newest is asked for most.
        if ids.last == id { return ids.count - 1 }
        var (low, high) = (0, ids.count)
        while low < high {
            let middle = (low + high) / 2
            if ids[middle] < id { low = middle + 1 } else { high = middle }
        }
        return low < ids.count && ids[low] == id ? low : nil
    }
}

/// The last streams that the server ended before the client had: what the client sent before it knew is no fault.
struct RecentResets {
    private var ids: [UInt32] = []
    private var next = 0
    private let capacity: Int

    init(capacity: Int) { self.capacity = max(1, capacity) }

    mutating func add(_ id: UInt32) {
        if ids.count < capacity {
            ids.append(id)
        } else {
            ids[next] = id
            next = (next + 1) % capacity
        }
    }

    func contains(_ id: UInt32) -> Bool { ids.contains(id) }
}
