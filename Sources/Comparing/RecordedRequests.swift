package import Tensors

/// Requests as they are kept: an NPZ file whose arrays are named `REQUEST.INPUT`, requests counted from 0.
///
/// So NumPy opens them, and what reads them is the reader that has to stand any file.
package enum RecordedRequests {
    /// Requests in a file, at most.
    package static let mostRequests = 256
    /// What a file may unpack to.
    package static let limits = ArrayLimits(bytes: 256 << 20, arrays: mostRequests * 64)

    /// What a server calls a file of them.
    ///
    /// - Parameter time: milliseconds since 1970-01-01 UTC, when it was written.
    package static func fileName(time: Int, number: Int) -> String { "\(time)-\(number).npz" }

    /// The time in a file's name; `nil` for one that `fileName` does not make.
    package static func time(inName name: String) -> Int? {
        guard name.hasSuffix(".npz") else { return nil }
        let parts = name.dropLast(4).split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        return parts.count == 2 && parts[1] != nil ? parts[0] : nil
    }

    /// - Parameter requests: inputs by name, request by request.
    /// - Returns: the file; `nil` for requests that NumPy's format does not hold.
    package static func encode(_ requests: [[(name: String, tensor: Tensor)]]) -> [UInt8]? {
        var arrays: [(name: String, tensor: Tensor)] = []
        for (index, request) in requests.enumerated() {
            for (name, tensor) in request { arrays.append(("\(index).\(name)", tensor)) }
        }
        return try? NPZ.encode(arrays, compressed: true)
    }

    /// Reads what `encode` writes.
    ///
    /// - Throws: `TensorError` for what is no such file.
    package static func read(path: String) throws(TensorError) -> [[String: Tensor]] {
        try requests(of: NPZ.read(path: path, limits: limits))
    }

    static func requests(
        of arrays: [(name: String, tensor: Tensor)]
    ) throws(TensorError) -> [[String: Tensor]] {
        var requests: [[String: Tensor]] = []
        for (name, tensor) in arrays {
            let parts = name.split(separator: ".", maxSplits: 1)
            guard parts.count == 2, let index = Int(parts[0]), (0..<mostRequests).contains(index),
                index <= requests.count
            else {
                throw TensorError(.malformedFile, "'\(name.prefix(80))' is no input of a recorded request")
            }
            if index == requests.count { requests.append([:]) }
            guard requests[index].updateValue(tensor, forKey: String(parts[1])) == nil else {
                throw TensorError(.malformedFile, "'\(name.prefix(80))' comes twice")
            }
        }
        return requests
    }
}
