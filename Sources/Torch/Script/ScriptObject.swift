import Pickle

/// An object of a program: a module with its attributes, as the pickle has them.
final class ScriptObject {
    /// The file of code, such as `__torch__/torch/nn/modules/conv`, and the class in it.
    let module: String
    let className: String
    let view: PickleView
    /// Names of attributes that lead to it.
    let path: String
    /// What attributes were found to be.
    var known: [String: ScriptValue] = [:]

    init(_ view: PickleView, module: String, className: String, path: String) {
        self.view = view
        self.module = module
        self.className = className
        self.path = path
    }
}

/// What a name stands for while a program is read.
enum ScriptValue {
    case value(ProgramValue)
    case object(ScriptObject)
    /// A function of the program's own: file and name.
    case function(String, String)
    case items([ScriptValue])

    var value: ProgramValue? {
        switch self {
        case .value(let value): return value
        case .items(let items):
            let values = items.compactMap(\.value)
            return values.count == items.count ? .list(values) : nil
        default: return nil
        }
    }
}
