import ModelGraph
import Tensors

/// Valid networks of random structure: chains over pictures with residuals, dense connections, groups and gates.
enum RandomNet {
    static func model(seed: UInt64, steps: Int = 10) throws -> Model {
        var net = Net([.symbol("N"), .fixed(4), .fixed(6), .fixed(6)], seed: seed)
        var generator = SplitMix(state: seed &+ 99)
        var values: [(name: String, channels: Int)] = [(try net.convolution("x", "stem", 4, 8), 8)]
        for step in 0..<steps {
            let (source, channels) = values.suffix(3).randomElement(using: &generator) ?? values[0]
            let (name, made) = ("n\(step)", [4, 6, 8, 12].randomElement(using: &generator) ?? 4)
            switch Int.random(in: 0..<10, using: &generator) {
            case 0, 1: values.append((try net.convolution(source, name, channels, made), made))
            case 2: values.append((try net.convolution(source, name, channels, channels, groups: channels), channels))
            case 3: values.append((try net.convolution(source, name, channels, made, groups: 2), made))
            case 4: values.append((try net.normalization(source, name, channels), channels))
            case 5:
                let type = ["Relu", "Sigmoid", "Tanh", "Softplus"].randomElement(using: &generator) ?? "Relu"
                values.append((net.add(type, [source], name), channels))
            case 6:
                let other = values.filter { $0.channels == channels }.randomElement(using: &generator)?.name ?? source
                net.add("Add", [source, other], "\(name).sum")
                values.append((net.add("Tanh", ["\(name).sum"], name), channels))
            case 7:
                guard let other = values.randomElement(using: &generator), other.channels + channels <= 32 else {
                    continue
                }
                let all = net.add("Concat", [source, other.name], name, [Attribute("axis", .int(1))])
                values.append((all, other.channels + channels))
            case 8:
                let sizes = [channels / 2, channels - channels / 2]
                net.add(
                    "Split", [source, try net.ints("\(name).sizes", sizes.map(Int64.init))], name,
                    [Attribute("axis", .int(1))], outputs: ["\(name).0", "\(name).1"])
                let turned = net.add("Concat", ["\(name).1", "\(name).0"], "\(name).all", [Attribute("axis", .int(1))])
                values.append((turned, channels))
            default:
                net.add("Transpose", [source], "\(name).last", [Attribute("perm", .ints([0, 2, 3, 1]))])
                let shape = try net.ints("\(name).shape", [0, 36, Int64(channels)])
                net.add("Reshape", ["\(name).last", shape], "\(name).rows")
                _ = try net.projection("\(name).rows", "\(name).p", channels, made)
                net.add("Transpose", ["\(name).p"], "\(name).first", [Attribute("perm", .ints([0, 2, 1]))])
                let back = try net.ints("\(name).back", [-1, Int64(made), 6, 6])
                values.append((net.add("Reshape", ["\(name).first", back], name), made))
            }
        }
        let last = values[values.count - 1]
        try net.head(last.name, last.channels)
        var editor = GraphEditor(net.model())
        editor.removeUnused()
        return editor.model
    }
}
