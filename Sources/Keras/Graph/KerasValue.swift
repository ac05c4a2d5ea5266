import Tensors

/// A value between layers: as Keras sees it, and as it lies in the graph.
struct KerasValue {
    /// In the graph.
    var name: String
    var type: ElementType
    /// As Keras sees them, the batch first; `nil` where a size is open.
    var sizes: [Int?]
    /// Whether the graph has the channels, which Keras has last, behind the batch: as convolutions want them.
    var isChannelsFirst = false

    var rank: Int { sizes.count }

    /// The last size, which is the number of channels.
    var channels: Int? { sizes.last ?? nil }

    /// Where Keras's axis is in the graph.
    func graphAxis(_ axis: Int) -> Int {
        guard isChannelsFirst, axis > 0 else { return axis }
        return axis == rank - 1 ? 1 : axis + 1
    }

    /// Axes may count from the end.
    func axis(_ axis: Int) -> Int? {
        let place = axis < 0 ? axis + rank : axis
        return (0..<rank).contains(place) ? place : nil
    }

    /// The same place in the graph and layout, another name.
    func renamed(_ name: String) -> KerasValue {
        var value = self
        value.name = name
        return value
    }

    /// The product of sizes, when all are known and it exists.
    static func product(_ sizes: some Sequence<Int?>) -> Int? {
        var product = 1
        for size in sizes {
            guard let size else { return nil }
            let (next, overflow) = product.multipliedReportingOverflow(by: size)
            guard !overflow else { return nil }
            product = next
        }
        return product
    }
}
