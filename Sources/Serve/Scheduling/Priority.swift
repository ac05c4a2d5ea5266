/// How urgent a request says it is. Source: Triton's schedule policy extension, where 0 leaves it to the server.
enum Priority {
    static let highest = 1
    static let usual = 5
    static let lowest = 9
}
