import Release
import Tensors

/// Plans as text and JSON.
enum PlanText {
    static func lines(_ plan: Plan) -> [String] {
        guard !plan.isEmpty else { return ["\(plan.endpoint): nothing would change"] }
        let from = plan.base.map { "revision \($0)" } ?? "nothing"
        return ["\(plan.endpoint): \(plan.cause), from \(from)"] + plan.changes.map { "  \(paint($0))" }
    }

    private static func paint(_ change: Change) -> String {
        switch change.kind {
        case .added: Paint.green("\(change)")
        case .removed: Paint.red("\(change)")
        case .changed: Paint.yellow("\(change)")
        }
    }

    static func json(_ plan: Plan) -> JSONValue {
        .object([
            ("endpoint", .string(plan.endpoint.text)), ("base", plan.base.map(JSONValue.integer) ?? .null),
            ("cause", .string("\(plan.cause)")),
            (
                "changes",
                .array(
                    plan.changes.map { change in
                        .object([
                            ("kind", .string(change.kind.rawValue)), ("subject", .string(change.subject)),
                            ("before", change.before.map(JSONValue.string) ?? .null),
                            ("after", change.after.map(JSONValue.string) ?? .null),
                        ])
                    })
            ),
        ])
    }
}
