import Pickle
import Tensors

/// Which columns a part of a `ColumnTransformer` gets.
enum ColumnChoice {
    /// Places of the chosen columns.
    ///
    /// - Parameter names: of all columns, where they are known.
    static func places(
        _ view: PickleView, width: Int, names: [String]?, _ estimator: Estimator
    ) throws(ConversionError) -> [Int] {
        if let name = view.text { return [try place(name, names, estimator)] }
        if let place = view.integer { return [try checked(place, width, estimator)] }
        if let className = view.className {
            if className.name == "slice" { return try slice(view, width, names, estimator) }
            // A list of its own kind, which versions 1.5 and 1.6 keep the remaining columns in.
            if className.name == "_RemainderColsList", let data = view.attribute("data") {
                return try places(data, width: width, names: names, estimator)
            }
        }
        return try list(view, width, names, estimator)
    }

    private static func list(
        _ view: PickleView, _ width: Int, _ names: [String]?, _ estimator: Estimator
    ) throws(ConversionError) -> [Int] {
        do throws(PickleError) {
            if let tensor = try view.tensor(), let numbers = tensor.wholeNumbers {
                if tensor.elementType == .bool { return masked(numbers.map { $0 != 0 }) }
                return try numbers.map { (place) throws(PickleError) in try bounded(place, width) }
            }
            if let texts = try view.texts(), !texts.isEmpty {
                return try texts.map { (name) throws(PickleError) in try known(name, names) }
            }
            guard let objects = try view.objects() else { throw PickleError(.unsupported, "it is \(view.kindName)") }
            let truths = objects.compactMap { if case .bool(let value) = $0.value { value } else { nil } }
            if truths.count == objects.count, truths.count == width { return masked(truths) }
            return try objects.map { (object) throws(PickleError) -> Int in
                guard let place = object.integer else { throw PickleError(.unsupported, "it has \(object.kindName)") }
                return try bounded(place, width)
            }
        } catch {
            throw estimator.refusal("has a choice of columns that is not read: \(error.message)")
        }
    }

    private static func masked(_ mask: [Bool]) -> [Int] { mask.indices.filter { mask[$0] } }

    /// `slice(start, stop, step)` of numbers, or of names, whose end is included.
    private static func slice(
        _ view: PickleView, _ width: Int, _ names: [String]?, _ estimator: Estimator
    ) throws(ConversionError) -> [Int] {
        let parts = view.arguments
        guard parts.count == 3 else { throw estimator.refusal("has a slice of columns without three parts") }
        let isNamed = parts[0].text != nil || parts[1].text != nil
        let start = try bound(parts[0], 0, width, names, estimator)
        var stop = try bound(parts[1], width, width, names, estimator)
        if isNamed, parts[1].text != nil { stop += 1 }
        let step = parts[2].isNone ? 1 : parts[2].integer ?? 0
        guard step > 0 else { throw estimator.refusal("has a slice of columns with a step that is not positive") }
        return start < stop ? Array(stride(from: start, to: min(stop, width), by: step)) : []
    }

    private static func bound(
        _ view: PickleView, _ standard: Int, _ width: Int, _ names: [String]?, _ estimator: Estimator
    ) throws(ConversionError) -> Int {
        if view.isNone { return standard }
        if let name = view.text { return try place(name, names, estimator) }
        guard let value = view.integer else { throw estimator.refusal("has a slice of columns that is not read") }
        return min(max(value < 0 ? value + width : value, 0), width)
    }

    private static func place(_ name: String, _ names: [String]?, _ estimator: Estimator) throws(ConversionError) -> Int
    {
        do throws(PickleError) {
            return try known(name, names)
        } catch {
            throw estimator.refusal("has a choice of columns that is not read: \(error.message)")
        }
    }

    private static func known(_ name: String, _ names: [String]?) throws(PickleError) -> Int {
        guard let place = names?.firstIndex(of: name) else {
            throw PickleError(.unsupported, "no column is called \(name.quotedName)")
        }
        return place
    }

    private static func checked(_ place: Int, _ width: Int, _ estimator: Estimator) throws(ConversionError) -> Int {
        do throws(PickleError) {
            return try bounded(place, width)
        } catch {
            throw estimator.refusal("has a choice of columns that is not read: \(error.message)")
        }
    }

    private static func bounded(_ place: Int, _ width: Int) throws(PickleError) -> Int {
        let positive = place < 0 ? place + width : place
        guard positive >= 0, positive < width else {
            throw PickleError(.unsupported, "column \(place) of \(width)")
        }
        return positive
    }
}
