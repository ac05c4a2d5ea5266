/// An expression of TorchScript.
indirect enum ScriptExpression {
    case none
    case bool(Bool)
    case int(Int)
    case float(Double)
    case text(String)
    case name(String)
    case list([ScriptExpression])
    case attribute(ScriptExpression, String)
    case element(ScriptExpression, ScriptExpression)
    case call(ScriptExpression, [ScriptExpression], named: [(name: String, value: ScriptExpression)])
    /// One or the other, by a condition.
    case choice(ScriptExpression, if: ScriptExpression, else: ScriptExpression)
    case dictionary([(key: ScriptExpression, value: ScriptExpression)])

    /// `torch.nn.functional`, where it is nothing but names.
    var path: [String]? {
        switch self {
        case .name(let name): return [name]
        case .attribute(let inner, let name): return inner.path.map { $0 + [name] }
        default: return nil
        }
    }
}

/// A statement and its line.
struct ScriptStatement {
    indirect enum Body {
        case assign([String], ScriptExpression)
        case call(ScriptExpression)
        case giveBack(ScriptExpression)
        case choose(ScriptExpression, [ScriptStatement], [ScriptStatement])
        case count(String, ScriptExpression, [ScriptStatement])
        case nothing
        /// A loop that goes on as long as a condition holds, or another statement that is not followed.
        case other(String)
    }

    var line: Int
    var body: Body
}

/// A function or a method.
struct ScriptFunction {
    struct Parameter {
        var name: String
        /// The type's first name: `Tensor`.
        var type: String
        var fallback: ScriptExpression?
    }

    var name: String
    var file: String
    var parameters: [Parameter]
    var body: [ScriptStatement]
}

/// What a file of code defines.
struct ScriptFile {
    var functions: [String: ScriptFunction] = [:]
    var methods: [String: [String: ScriptFunction]] = [:]
    /// Attributes that are the same for all objects of a class.
    var constants: [String: [String: ScriptExpression]] = [:]
}
