import Tensors

extension ArrayLimits {
    /// For arrays that go into one request: far more than a server takes by default, and no more than a client can hold.
    static let request = ArrayLimits(bytes: 1 << 30)
}
