import NIOCore

/// Urgent before others; among equally urgent ones clients take turns; of one client, first come first served.
struct FairQueue<Element> {
    /// Who waits with one priority.
    private struct Level {
        let priority: Int
        /// Clients in the order of their turns, each once.
        var turns = CircularBuffer<UInt64>()
        var lines: [UInt64: CircularBuffer<Element>] = [:]
    }

    /// The most urgent first; none is empty.
    private var levels: [Level] = []
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// Whose turn it is.
    var first: Element? {
        guard let level = levels.first, let client = level.turns.first else { return nil }
        return level.lines[client]?.first
    }

    /// - Parameters:
    ///   - client: whom it is for; any number that tells clients apart.
    ///   - priority: lower is more urgent.
    mutating func append(_ element: Element, client: UInt64, priority: Int) {
        let place = levels.firstIndex { $0.priority >= priority } ?? levels.endIndex
        if place == levels.endIndex || levels[place].priority != priority {
            levels.insert(Level(priority: priority), at: place)
        }
        if levels[place].lines[client] == nil { levels[place].turns.append(client) }
        levels[place].lines[client, default: CircularBuffer(initialCapacity: 1)].append(element)
        count += 1
    }

    /// Takes out whose turn it is; its client goes to the end of the turns.
    mutating func popFirst() -> Element? {
        guard !levels.isEmpty, let client = levels[0].turns.popFirst(),
            let element = levels[0].lines[client]?.popFirst()
        else { return nil }
        if levels[0].lines[client]?.isEmpty == true {
            levels[0].lines[client] = nil
        } else {
            levels[0].turns.append(client)
        }
        if levels[0].turns.isEmpty { levels.removeFirst() }
        count -= 1
        return element
    }

    /// Takes out the first element of a client that fits.
    mutating func remove(client: UInt64, priority: Int, where fits: (Element) -> Bool) -> Element? {
        guard let level = levels.firstIndex(where: { $0.priority == priority }),
            let place = levels[level].lines[client]?.firstIndex(where: fits),
            let element = levels[level].lines[client]?.remove(at: place)
        else { return nil }
        if levels[level].lines[client]?.isEmpty == true {
            levels[level].lines[client] = nil
            levels[level].turns.removeAll { $0 == client }
            if levels[level].turns.isEmpty { levels.remove(at: level) }
        }
        count -= 1
        return element
    }
}
