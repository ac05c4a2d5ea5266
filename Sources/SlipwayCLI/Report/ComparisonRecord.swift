import Compress
import Control
import Engines
import Tensors
import Workshop

/// Two models side by side: what they weigh, what they are made of, which layers differ, how fast they run, how alike they
/// answer.
struct ComparisonRecord {
    /// One side.
    struct Side {
        /// As it was asked for, with its settings.
        var title: String
        var bytes: Int
        var parameters: Int
        var nodes: Int
        /// How often each operator occurs.
        var operators: [String: Int]

        /// - Parameter summary: what the limited child says of the file.
        init(_ title: String, _ summary: JSONValue) {
            self.title = title
            bytes = summary["fileBytes"]?.intValue ?? summary["weightBytes"]?.intValue ?? 0
            parameters = summary["parameters"]?.intValue ?? 0
            nodes = summary["nodes"]?.intValue ?? 0
            operators = (summary["operators"]?.arrayValue ?? []).reduce(into: [:]) { counts, entry in
                guard let name = entry["operator"]?.stringValue else { return }
                counts[name, default: 0] += entry["count"]?.intValue ?? 0
            }
        }

        var json: JSONValue {
            .object([
                ("bytes", .integer(bytes)), ("parameters", .integer(parameters)), ("nodes", .integer(nodes)),
                (
                    "operators",
                    .object(operators.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.integer($0.value)) })
                ),
            ])
        }
    }

    var a: Side
    var b: Side
    /// Each layer of A with what it is in B.
    var layers: [OptimisationRecord.Layer]
    var outcome: Duel.Outcome

    /// Layers of A that are not in B as they are.
    var differing: [OptimisationRecord.Layer] { layers.filter(\.isChanged) }

    /// Operators of either side, those of which most differ first.
    var operators: [(name: String, a: Int, b: Int)] {
        Set(a.operators.keys).union(b.operators.keys).map { name in
            (name: name, a: a.operators[name] ?? 0, b: b.operators[name] ?? 0)
        }.sorted { left, right in
            let distances = [left, right].map { ($0.a - $0.b).magnitude }
            return (distances[1], right.a + right.b, left.name) < (distances[0], left.a + left.b, right.name)
        }
    }

    var json: JSONValue {
        let duel = DuelText(a: a.title, b: b.title, outcome: outcome).json
        guard case .object(let members) = duel else { return duel }
        let sides = [("a", a), ("b", b)]
        return .object(
            members.map { member in
                guard let side = sides.first(where: { $0.0 == member.key })?.1,
                    case .object(let own) = member.value, case .object(let more) = side.json
                else { return member }
                return JSONValue.Member(key: member.key, value: .object(own + more))
            } + [
                .init(key: "layers", value: .array(layers.map(\.json))),
                .init(key: "layersThatDiffer", value: .integer(differing.count)),
            ])
    }
}
