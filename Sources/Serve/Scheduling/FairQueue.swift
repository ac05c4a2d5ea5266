import NIOCore

/// Urgent before others; among equally urgent ones clients take turns; of one client, first come first served.
///
/// What is empty keeps its storage where the next request is likely to need it: the usual case, one priority and a client
/// at a time, allocates nothing.
struct FairQueue<Element> {
    /// Who waits with one priority.
    private struct Level {
        var priority: Int
        /// Clients in the order of their turns, each once.
        private(set) var turns = CircularBuffer<UInt64>()
        private var lines: [UInt64: CircularBuffer<Element>] = [:]
        /// Of a client that left.
        private var spare: CircularBuffer<Element>?

        init(priority: Int) { self.priority = priority }

        var first: Element? { turns.first.flatMap { lines[$0]?.first } }

        mutating func append(_ element: Element, client: UInt64) {
            if let place = lines.index(forKey: client) {
                lines.values[place].append(element)
                return
            }
            turns.append(client)
            var line = spare ?? CircularBuffer(initialCapacity: 1)
            spare = nil
            line.append(element)
            lines[client] = line
        }

        mutating func popFirst(where fits: (Element) -> Bool) -> Element? {
            guard let client = turns.first, let place = lines.index(forKey: client),
                let isNext = lines.values[place].first.map(fits), isNext,
                let element = lines.values[place].popFirst()
            else { return nil }
            if lines.values[place].isEmpty {
                turns.removeFirst()
                spare = lines.remove(at: place).value
            } else if turns.count > 1 {
                turns.removeFirst()
                turns.append(client)
            }
            return element
        }

        mutating func remove(client: UInt64, where fits: (Element) -> Bool) -> Element? {
            guard let place = lines.index(forKey: client), let index = lines.values[place].firstIndex(where: fits)
            else { return nil }
            let element = lines.values[place].remove(at: index)
            if lines.values[place].isEmpty {
                spare = lines.remove(at: place).value
                turns.removeAll { $0 == client }
            }
            return element
        }

        func holds(client: UInt64) -> Bool { lines[client] != nil }
    }

    /// The most urgent first; none is empty, but for one that is the only one.
    private var levels: [Level] = []
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// Whose turn it is.
    var first: Element? { levels.first?.first }

    /// Whether anything of a client waits.
    func holds(client: UInt64) -> Bool { levels.contains { $0.holds(client: client) } }

    /// - Parameters:
    ///   - client: whom it is for; any number that tells clients apart.
    ///   - priority: lower is more urgent.
    mutating func append(_ element: Element, client: UInt64, priority: Int) {
        let level = place(of: priority)
        levels[level].append(element, client: client)
        count += 1
    }

    /// Where the level of a priority is, which is made when there is none.
    private mutating func place(of priority: Int) -> Int {
        if count == 0, !levels.isEmpty {
            levels[0].priority = priority
            return 0
        }
        let place = levels.firstIndex { $0.priority >= priority } ?? levels.endIndex
        if place == levels.endIndex || levels[place].priority != priority {
            levels.insert(Level(priority: priority), at: place)
        }
        return place
    }

    /// Takes out whose turn it is; its client goes to the end of the turns.
    ///
    /// - Parameter fits: whether it is to be taken; asked once.
    mutating func popFirst(where fits: (Element) -> Bool = { _ in true }) -> Element? {
        guard count > 0, let element = levels[0].popFirst(where: fits) else { return nil }
        left(0)
        return element
    }

    /// Takes out the first element of a client that fits.
    mutating func remove(client: UInt64, priority: Int, where fits: (Element) -> Bool) -> Element? {
        guard let level = levels.firstIndex(where: { $0.priority == priority }),
            let element = levels[level].remove(client: client, where: fits)
        else { return nil }
        left(level)
        return element
    }

    private mutating func left(_ level: Int) {
        count -= 1
        if levels.count > 1, levels[level].turns.isEmpty { levels.remove(at: level) }
    }
}
