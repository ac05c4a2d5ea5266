import Tensors

/// One of the values that a call of a layer gives.
struct ValueReference: Hashable {
    var layer: String
    /// Which call of the layer.
    var call: Int
    /// Which of its values.
    var place: Int
}

/// One use of a layer.
struct LayerUse {
    /// Values that go in, in order.
    var inputs: [ValueReference] = []
    /// Values that go in by name.
    var named: [String: ValueReference] = [:]
}

/// Layers, and how values go from one to the next.
struct Network {
    /// What a layer is made of.
    enum Body {
        /// What goes in; the shape is not known of networks that were never given any.
        case input(shape: [Int?]?, type: ElementType)
        case operation(LayerOperation)
        case network(Network)
    }

    /// A layer in its place.
    struct Member {
        var config: LayerConfig
        /// Its class in small letters, numbered among the network's layers, as the weights are filed.
        var key: String
        var body: Body
        var uses: [LayerUse]
    }

    var name: String
    var members: [Member]
    var inputs: [ValueReference]
    var outputs: [ValueReference]

    /// The shape of its first input, where it says so.
    var inputShape: [Int?]? {
        guard let first = inputs.first, let member = members.first(where: { $0.config.name == first.layer }),
            case .input(let shape, _) = member.body
        else { return nil }
        return shape
    }
}
