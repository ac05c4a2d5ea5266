import GRDB
import Glibc

extension HomeError {
    /// The refusal of a system call, from `errno`.
    static func system(_ action: String, _ path: String, errno code: Int32 = Glibc.errno) -> HomeError {
        let reason = String(cString: strerror(code))
        switch code {
        case ENOSPC, EDQUOT:
            return HomeError(.full, "cannot \(action) '\(path)': \(reason)", help: "free some space and try again")
        case EACCES, EPERM, EROFS:
            return HomeError(
                .io, "cannot \(action) '\(path)': \(reason)",
                help: "check the owner and permissions, or choose another directory with --home")
        default:
            return HomeError(.io, "cannot \(action) '\(path)': \(reason)")
        }
    }

    /// The same fault in our words. The SQL stays in, its arguments stay out.
    init(_ error: DatabaseError) {
        let reason = error.message ?? error.resultCode.description
        // Making room for the shared memory of the log is the one write that SQLite reports otherwise when the disk is full.
        if error.extendedResultCode == .SQLITE_IOERR_SHMSIZE {
            self.init(.full, "the database cannot grow: \(reason)", help: "free some space and try again")
            return
        }
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(
                .locked, "another process kept the database busy for too long: \(reason)",
                help: "wait for it to finish, then try again")
        case .SQLITE_FULL:
            self.init(.full, "the database cannot grow: \(reason)", help: "free some space and try again")
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            self.init(
                .damaged, "the database is damaged: \(reason)",
                help: "run 'slipway fsck'; copies made before upgrades are beside it")
        case .SQLITE_CONSTRAINT:
            self.init(.conflict, "the database refused the change: \(reason)")
        default:
            self.init(.io, "the database failed: \(reason) (SQLite \(error.extendedResultCode.rawValue))")
        }
    }

    /// Runs `body`; faults of the database library leave as `HomeError`, all others as they are.
    static func adapting<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw HomeError(error)
        }
    }

    /// Runs `body`; whatever it throws leaves as `HomeError`.
    static func typed<Result>(_ body: () throws -> Result) throws(HomeError) -> Result {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw HomeError(error)
        } catch let error as HomeError {
            throw error
        } catch {
            throw HomeError(.io, "the database failed: \(error)")
        }
    }
}
