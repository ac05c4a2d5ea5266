import GRDB
package import Tensors

/// An open connection, opaque outside this room.
package struct Connection {
    let database: Database
}

/// What can be read from the home, in a snapshot or a transaction.
package protocol HomeReading {
    var connection: Connection { get }
}

/// One consistent state of the home; valid only inside the closure that it is given to.
package struct HomeSnapshot: HomeReading {
    package let connection: Connection
}

/// Writes that are done together; valid only inside the closure that it is given to.
package struct Transaction: HomeReading {
    package let connection: Connection
    /// The moment that this transaction's rows are stamped with.
    package let now: Timestamp
    let collector: EventCollector
}

extension Transaction {
    /// Tells of something in the event log, once the transaction is on the disk.
    package func tell(_ kind: String, _ subject: String, _ data: [(String, JSONValue?)] = []) {
        collector.events.append(HomeEvent(kind, subject, at: now, data))
    }
}

extension HomeReading {
    /// The rows of a query, each made into a value by `decode`.
    func all<Value>(
        _ sql: String, _ arguments: StatementArguments = [], _ decode: (Row) throws -> Value
    ) throws -> [Value] {
        let rows = try Row.fetchCursor(connection.database, sql: sql, arguments: arguments)
        var values: [Value] = []
        while let row = try rows.next() { values.append(try decode(row)) }
        return values
    }

    /// The first row of a query.
    func first<Value>(
        _ sql: String, _ arguments: StatementArguments = [], _ decode: (Row) throws -> Value
    ) throws -> Value? {
        try Row.fetchOne(connection.database, sql: sql, arguments: arguments).map(decode)
    }
}

extension Transaction {
    /// Executes one statement; returns how many rows it changed.
    @discardableResult
    func execute(_ sql: String, _ arguments: StatementArguments = []) throws -> Int {
        try connection.database.execute(sql: sql, arguments: arguments)
        return connection.database.changesCount
    }
}

extension Row {
    func text(_ column: String) throws -> String { try decode(String.self, forColumn: column) }
    func optionalText(_ column: String) throws -> String? { try decode(String?.self, forColumn: column) }
    func integer(_ column: String) throws -> Int { try decode(Int.self, forColumn: column) }
    func optionalInteger(_ column: String) throws -> Int? { try decode(Int?.self, forColumn: column) }

    func timestamp(_ column: String) throws -> Timestamp {
        let text = try text(column)
        guard let moment = Timestamp(text) else {
            throw HomeError(.damaged, "column '\(column)' holds '\(text)', and a UTC time is expected there")
        }
        return moment
    }

    func optionalTimestamp(_ column: String) throws -> Timestamp? {
        try optionalText(column) == nil ? nil : timestamp(column)
    }
}

extension Timestamp: DatabaseValueConvertible {
    var databaseValue: DatabaseValue { description.databaseValue }

    static func fromDatabaseValue(_ value: DatabaseValue) -> Timestamp? {
        String.fromDatabaseValue(value).flatMap(Timestamp.init)
    }
}

/// One page of a list.
package struct Page<Item: Sendable, Cursor: Sendable>: Sendable {
    package var items: [Item]
    /// Where the next page starts, to be handed back; `nil` on the last page.
    package var next: Cursor?

    package init(items: [Item], next: Cursor?) {
        self.items = items
        self.next = next
    }

    /// A page from rows that were asked for with one more than `limit`.
    init(_ rows: [Item], limit: Int, cursor: (Item) -> Cursor) {
        let items = Array(rows.prefix(limit))
        self.init(items: items, next: rows.count > limit ? items.last.map(cursor) : nil)
    }

    /// The same page of other items.
    package func map<Other: Sendable>(_ transform: (Item) throws -> Other) rethrows -> Page<Other, Cursor> {
        Page<Other, Cursor>(items: try items.map(transform), next: next)
    }
}

/// A limit from outside made one that can be used: between 1 and 1000.
func bounded(_ limit: Int) -> Int { min(max(limit, 1), 1000) }
