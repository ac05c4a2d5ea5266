import ModelGraph
import Tensors

/// A value between operators: as TensorFlow sees it, channels last, and as it lies in the graph that is written.
struct GraphValue {
    /// Where its elements come from.
    enum Source {
        /// A node or an input, with the channels last as TensorFlow has them, or behind the batch as ONNX has them.
        case made(name: String, isChannelsFirst: Bool)
        /// Known elements, in TensorFlow's order. What is written is written when it is first asked for.
        case constant(Tensor, key: String)
    }

    var source: Source
    /// What operators see: the numbers that quantised integers stand for.
    var type: ElementType
    /// `nil` where a size is open.
    var sizes: [Int?]
    /// What the integers of a quantised value stand for.
    var quantization: Quantization?
    /// The integers of a quantised value that is made, in the same order of axes.
    var stored: String?

    var rank: Int { sizes.count }
    /// The product of sizes is 1, whatever it is multiplied with.
    var isSingle: Bool { sizes.allSatisfy { $0 == 1 } }

    var isChannelsFirst: Bool { if case .made(_, let first) = source { first } else { false } }

    var constant: Tensor? { if case .constant(let tensor, _) = source { tensor } else { nil } }

    /// Axes may count from the end.
    func axis(_ axis: Int) -> Int? {
        let place = axis < 0 ? axis + rank : axis
        return (0..<rank).contains(place) ? place : nil
    }

    /// The elements of a constant of whole numbers.
    var integers: [Int]? {
        guard let constant else { return nil }
        switch constant.elementType {
        case .int64: return constant.values(as: Int64.self)?.map { Int($0) }
        case .int32: return constant.values(as: Int32.self)?.map { Int($0) }
        default: return nil
        }
    }
}

/// Where the axes of an image are, for either order.
enum ImageOrder {
    /// Whether there is an axis between batch and channels. Of other values there is no order to speak of.
    static func hasChannels(rank: Int) -> Bool { rank >= 3 }

    /// From channels last to the channels behind the batch.
    static func toFirst(rank: Int) -> [Int] { [0, rank - 1] + Array(1..<(rank - 1)) }

    /// And back.
    static func toLast(rank: Int) -> [Int] { [0] + Array(2..<rank) + [1] }

    /// Where an axis of TensorFlow's is when the channels are behind the batch.
    static func first(_ axis: Int, rank: Int) -> Int { axis == 0 ? 0 : axis == rank - 1 ? 1 : axis + 1 }
}
