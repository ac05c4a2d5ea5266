import GRDB

extension HomeReading {
    /// The text kept under a key.
    package func setting(_ key: String) throws -> String? {
        try first("SELECT value FROM settings WHERE key = ?", [key]) { try $0.text("value") }
    }

    /// The keys that start with `prefix`, with their texts, by key.
    package func settings(withPrefix prefix: String) throws -> [(key: String, value: String)] {
        try all(
            "SELECT key, value FROM settings WHERE substr(key, 1, length(?)) = ? ORDER BY key", [prefix, prefix]
        ) { (try $0.text("key"), try $0.text("value")) }
    }
}

extension Transaction {
    /// Keeps a text under a key; `nil` removes it.
    package func setSetting(_ key: String, to value: String?) throws {
        if let value {
            try execute(
                "INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                [key, value])
        } else {
            try execute("DELETE FROM settings WHERE key = ?", [key])
        }
    }
}
