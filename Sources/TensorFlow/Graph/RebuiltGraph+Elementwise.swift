import ModelGraph
import Tensors

/// What a group of nodes made: its name, and the order of its axes.
struct Made {
    var name: String
    var isChannelsFirst = false

    init(_ name: String, channelsFirst: Bool = false) {
        self.name = name
        isChannelsFirst = channelsFirst
    }
}

/// Operators that work element by element, which care for no order of axes as long as all have the same.
extension RebuiltGraph {
    func elementwise(
        _ operatorType: String, _ values: [GraphValue], _ stem: String, _ attributes: [Attribute] = []
    ) throws(TensorFlowError) -> Made {
        let (names, first) = try aligned(values)
        return Made(node(operatorType, names, stem, attributes), channelsFirst: first)
    }

    /// The names of values that are combined, all in the order of axes that costs the fewest transpositions.
    func aligned(_ values: [GraphValue]) throws(TensorFlowError) -> (names: [String], channelsFirst: Bool) {
        let images = values.filter { $0.constant == nil && $0.rank == 4 }
        let first =
            images.contains { $0.isChannelsFirst }
            && values.allSatisfy {
                $0.rank == 4 || $0.rank == 1 || $0.isSingle && $0.rank < 4 || $0.constant != nil && $0.rank < 4
            }
        var names: [String] = []
        for value in values {
            guard first, let constant = value.constant, value.rank > 0 else {
                if first, value.rank == 1, !value.isSingle {
                    // One number for each channel.
                    names.append(reshaped(try plain(value), [-1, 1, 1], "channels"))
                    continue
                }
                names.append(try name(value, channelsFirst: first && value.rank == 4))
                continue
            }
            // Dimensions are added in front, as both libraries read shapes of different lengths.
            let padded = [Int](repeating: 1, count: 4 - value.rank) + constant.shape.dimensions
            names.append(try imageConstant(value, padded))
        }
        return (names, first)
    }

    /// A constant of at most four dimensions beside images whose channels are behind the batch.
    private func imageConstant(_ value: GraphValue, _ padded: [Int]) throws(TensorFlowError) -> String {
        guard value.rank < 4 else { return try channelsFirst(value) }
        // With new dimensions in front alone, only a channel of three dimensions at most has to move.
        let order = ImageOrder.toFirst(rank: 4)
        guard let tensor = value.constant?.reshaped(padded), case .constant(_, let key) = value.source else {
            throw .broken("a constant cannot be made \(padded)")
        }
        var image = value
        image.source = .constant(tensor, key: key + " as image")
        image.sizes = padded.map(Optional.init)
        if let quantization = value.quantization, quantization.isPerAxis {
            image.quantization?.axis = quantization.axis + 4 - value.rank
        }
        return try constant(image, order: order)
    }

    /// LiteRT's activations that are part of another operator.
    func activated(_ made: Made, _ activation: Int, _ stem: String) throws(TensorFlowError) -> Made {
        let name: String
        switch activation {
        case 0: return made
        case 1: name = node("Relu", [made.name], stem)
        case 2: name = node("Clip", [made.name, scalar(-1), scalar(1)], stem)
        case 3: name = node("Clip", [made.name, scalar(0), scalar(6)], stem)
        case 4: name = node("Tanh", [made.name], stem)
        default: throw TensorFlowError("has the activation \(activation), which is not rebuilt here")
        }
        return Made(name, channelsFirst: made.isChannelsFirst)
    }
}
