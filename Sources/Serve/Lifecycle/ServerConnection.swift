/// One client's connection, whatever it speaks. Belongs to one event loop.
protocol ServerConnection: AnyObject {
    /// Ends what takes too long. Called now and then.
    func checkTime(_ now: UInt64)

    /// The server is closing: ends the connection if it has been idle for that many nanoseconds, and takes nothing new.
    func closeIfIdle(now: UInt64, for duration: UInt64)

    /// Ends the connection, whatever it is doing.
    func abort()
}
