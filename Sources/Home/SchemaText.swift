/// The tables, as SQL. Times are UTC ISO 8601 text with milliseconds, digests `sha256:<hex>`, documents JSON text.
enum SchemaText {
    /// Schema version 1.
    static let keel = """
        CREATE TABLE models (
            name TEXT NOT NULL PRIMARY KEY,
            next_number INTEGER NOT NULL DEFAULT 1,
            created_at TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE versions (
            model TEXT NOT NULL REFERENCES models (name),
            number INTEGER NOT NULL CHECK (number > 0),
            manifest_digest TEXT NOT NULL,
            created_at TEXT NOT NULL,
            note TEXT NOT NULL,
            labels TEXT NOT NULL,
            source TEXT NOT NULL,
            size INTEGER NOT NULL CHECK (size >= 0),
            deleted_at TEXT,
            PRIMARY KEY (model, number),
            UNIQUE (model, manifest_digest)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX versions_by_digest ON versions (manifest_digest);
        CREATE INDEX versions_in_use ON versions (model, deleted_at, number);

        CREATE TABLE aliases (
            model TEXT NOT NULL,
            name TEXT NOT NULL,
            number INTEGER NOT NULL,
            updated_at TEXT NOT NULL,
            PRIMARY KEY (model, name),
            FOREIGN KEY (model, number) REFERENCES versions (model, number)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE alias_history (
            id INTEGER PRIMARY KEY,
            model TEXT NOT NULL,
            name TEXT NOT NULL,
            previous INTEGER,
            number INTEGER,
            note TEXT NOT NULL,
            at TEXT NOT NULL
        ) STRICT;
        CREATE INDEX alias_history_by_name ON alias_history (model, name, id);

        CREATE TABLE referrers (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            digest TEXT NOT NULL,
            kind TEXT NOT NULL,
            name TEXT NOT NULL,
            payload TEXT NOT NULL,
            created_at TEXT NOT NULL
        ) STRICT;
        CREATE INDEX referrers_by_digest ON referrers (digest, kind, id);

        CREATE TABLE endpoints (
            name TEXT NOT NULL PRIMARY KEY,
            active INTEGER,
            created_at TEXT NOT NULL,
            removed_at TEXT
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE revisions (
            endpoint TEXT NOT NULL REFERENCES endpoints (name),
            number INTEGER NOT NULL CHECK (number > 0),
            spec TEXT NOT NULL,
            cause TEXT NOT NULL,
            note TEXT NOT NULL,
            created_at TEXT NOT NULL,
            outcome TEXT,
            PRIMARY KEY (endpoint, number)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE revision_versions (
            endpoint TEXT NOT NULL,
            number INTEGER NOT NULL,
            digest TEXT NOT NULL,
            PRIMARY KEY (endpoint, number, digest),
            FOREIGN KEY (endpoint, number) REFERENCES revisions (endpoint, number)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX revision_versions_by_digest ON revision_versions (digest);

        CREATE TABLE marks (
            digest TEXT NOT NULL,
            endpoint TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('entering', 'healthy', 'quarantined')),
            reason TEXT NOT NULL,
            at TEXT NOT NULL,
            PRIMARY KEY (digest, endpoint)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE tokens (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            hash TEXT NOT NULL UNIQUE,
            role TEXT NOT NULL,
            created_at TEXT NOT NULL,
            expires_at TEXT,
            revoked_at TEXT
        ) STRICT;
        CREATE UNIQUE INDEX tokens_in_use ON tokens (name) WHERE revoked_at IS NULL;

        CREATE TABLE settings (
            key TEXT NOT NULL PRIMARY KEY,
            value TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        """
    /// Schema version 2: removed versions whose blobs have been given up, and indices for the lists of removed ones.
    static let reaping = """
        ALTER TABLE versions ADD COLUMN reaped_at TEXT;
        CREATE INDEX versions_removed ON versions (model, number) WHERE deleted_at IS NOT NULL;
        CREATE INDEX versions_restorable ON versions (deleted_at) WHERE deleted_at IS NOT NULL AND reaped_at IS NULL;
        """

    /// Schema version 3: versions on their way to their traffic, with what is known of them.
    static let rollouts = """
        CREATE TABLE rollouts (
            number INTEGER PRIMARY KEY,
            endpoint TEXT NOT NULL,
            revision INTEGER NOT NULL,
            base INTEGER NOT NULL,
            digest TEXT NOT NULL,
            policy TEXT NOT NULL,
            state TEXT,
            created_at TEXT NOT NULL,
            updated_at TEXT NOT NULL,
            ended_at TEXT,
            FOREIGN KEY (endpoint, revision) REFERENCES revisions (endpoint, number)
        ) STRICT;
        CREATE UNIQUE INDEX rollouts_under_way ON rollouts (endpoint) WHERE ended_at IS NULL;
        CREATE INDEX rollouts_by_endpoint ON rollouts (endpoint, number);
        """
}
