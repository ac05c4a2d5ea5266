import ModelGraph
import Tensors

/// What an output of one of TensorFlow's nodes is here.
enum SavedValue {
    case tensor(GraphValue)
    /// A variable, by the name of its node in the graph.
    case variable(String)
    /// A list of tensors, such as loops read from and write to.
    case list(TensorList)
    /// Texts, which no operator here computes with.
    case texts([ByteView])

    /// In words.
    var kindName: String {
        switch self {
        case .tensor: "a tensor"
        case .variable(let name): "the variable '\(InertName.of(name))'"
        case .list: "a list of tensors"
        case .texts: "texts"
        }
    }
}

/// A list of tensors of one type.
struct TensorList {
    /// What is known of its elements.
    enum Content {
        /// They lie along the first axis of a tensor.
        case stacked(GraphValue)
        /// As many as this says, of which none was written.
        case reserved(count: GraphValue)
        /// Inside of a loop: what is there when a round begins, by the loop's number and the place among its values.
        case carried(loop: Int, place: Int)
        /// Inside of a loop: that, with one element written.
        case written(loop: Int, place: Int, index: GraphValue, element: GraphValue)
    }

    var content: Content
}
