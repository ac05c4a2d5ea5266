import ModelGraph
import Optimize
import Tensors

/// What is lost with a channel.
package enum ChannelScores {
    /// A norm of weights.
    package enum Norm: String, Hashable, Sendable, CaseIterable {
        /// The sum of magnitudes.
        case l1
        /// The sum of squares.
        case l2
    }

    /// By the weights of all layers that make and read a channel, as a share of what all channels of the group have.
    ///
    /// `Σ ‖w[c]‖ / Σ Σ ‖w‖` over the weights of a group, each layer by itself so that large numbers in one do not hide the
    /// others. Needs no data. Source: G. Fang and others, "DepGraph: Towards Any Structural Pruning", 2023, equation 4.
    package static func weights(_ groups: ChannelGroups, _ norm: Norm = .l2) -> [[Double]] {
        var norms: [ChannelPlace: [Double]] = [:]
        let wanted = Set(groups.groups.flatMap { $0.makers.map(\.place) }).union(groups.readers.keys)
        for place in wanted { norms[place] = Self.norms(place, groups, norm) }
        return groups.groups.map { group in
            var losses = [Double](repeating: 0, count: group.channels.count)
            let places = Set(group.channels.flatMap(\.places.keys)).intersection(wanted)
            for place in places.sorted(by: { ($0.constant, $0.axis) < ($1.constant, $1.axis) }) {
                guard let own = norms[place] else { continue }
                let shares = group.channels.map { channel in (channel.places[place] ?? []).reduce(0) { $0 + own[$1] } }
                let total = own.reduce(0, +)
                guard total > 0 else { continue }
                for index in losses.indices { losses[index] += shares[index] / total }
            }
            return losses
        }
    }

    /// By what its readers hear of it: the variance of its values times the squares of the weights that read them, as a share
    /// of what the reader hears in all. The mean is not counted, because biases take it over.
    ///
    /// - Parameter variances: by place along an axis that is summed over, of the values there.
    /// - Returns: for groups that no weights read, the score by weights.
    package static func heard(_ groups: ChannelGroups, variances: [ChannelPlace: [Double]]) -> [[Double]] {
        let fallback = weights(groups)
        var energies: [ChannelPlace: [Double]] = [:]
        for (place, own) in variances {
            let norms = Self.norms(place, groups, .l2)
            guard norms.count == own.count else { continue }
            energies[place] = zip(norms, own).map { $0 * $1 }
        }
        return groups.groups.enumerated().map { number, group in
            let places = Set(group.channels.flatMap(\.places.keys)).filter { energies[$0] != nil }
            guard !places.isEmpty else { return fallback[number] }
            return group.channels.map { channel in
                places.sorted { ($0.constant, $0.axis) < ($1.constant, $1.axis) }.reduce(0) { sum, place in
                    let own = energies[place] ?? []
                    let total = own.reduce(0, +)
                    guard total > 0 else { return sum }
                    return sum + (channel.places[place] ?? []).reduce(0) { $0 + own[$1] } / total
                }
            }
        }
    }

    /// The norm of what is at each place along an axis.
    private static func norms(_ place: ChannelPlace, _ groups: ChannelGroups, _ norm: Norm) -> [Double] {
        guard let tensor = try? groups.view.constant(place.constant)?.tensor(),
            tensor.shape.dimensions.indices.contains(place.axis), let values = try? tensor.floats()
        else { return [Double](repeating: 0, count: groups.constants[place]?.count ?? 0) }
        let sizes = tensor.shape.dimensions
        let (size, inner) = (sizes[place.axis], sizes[(place.axis + 1)...].reduce(1, *))
        var sums = [Double](repeating: 0, count: size)
        values.withUnsafeBufferPointer { values in
            var place = 0
            for start in stride(from: 0, to: values.count, by: max(inner, 1)) {
                var sum = 0.0
                for index in start..<(start + inner) {
                    let weight = Double(values[index])
                    sum += norm == .l1 ? weight.magnitude : weight * weight
                }
                sums[place] += sum
                place = place + 1 == size ? 0 : place + 1
            }
        }
        return sums
    }
}

extension Tensor {
    /// The elements as 32-bit floats.
    func floats() throws -> [Float] {
        if elementType == .float32, let values = values(as: Float.self) { return values }
        return try converted(to: .float32).values(as: Float.self) ?? []
    }
}
