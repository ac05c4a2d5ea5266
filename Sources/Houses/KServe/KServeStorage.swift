/// A folder as KServe's storage initializer hands it to a server: one file that is the model.
///
/// Source: KServe, "Model Serving Runtimes": names of files that the servers look for.
package enum KServeStorage {
    /// Files that servers look for, the first that is there is the model.
    private static let names = ["model.onnx", "model.joblib", "model.pkl", "model.pickle", "model.keras", "model.h5"]
    /// Files whose formats are known and not read.
    private static let others = [
        "model.bst": "XGBoost's; convert it: onnxmltools.convert_xgboost(model)",
        "model.json": "XGBoost's; convert it: onnxmltools.convert_xgboost(model)",
        "model.ubj": "XGBoost's; convert it: onnxmltools.convert_xgboost(model)",
        "model.pmml": "PMML; train it again where it came from, and save it with scikit-learn or as ONNX",
        "model.lgbm": "LightGBM's; convert it: onnxmltools.convert_lightgbm(model)",
    ]

    /// Whether a folder has such a file at its root.
    package static func isOne(_ files: some HouseFiles) -> Bool {
        names.contains { files.hasFile($0) } || others.keys.contains { files.hasFile($0) }
    }

    /// - Parameter name: what the model is called.
    package static func read(named name: String, _ files: some HouseFiles) -> House {
        var house = House(kind: .kserve)
        guard let file = names.first(where: { files.hasFile($0) }), let here = HouseName.model(name) else {
            let other = others.keys.sorted().first { files.hasFile($0) }
            house.leftOut = [
                House.LeftOut(
                    name: name, reason: other.map { "\($0) is not read" } ?? "its name has no letter and no digit",
                    advice: other.flatMap { others[$0] })
            ]
            return house
        }
        var model = HouseModel(
            original: name, name: here, body: .versions([HouseVersion(number: 1, file: file)]))
        model.served = [1]
        model.numbersVersions = false
        let rest = ((try? files.entries(in: "")) ?? []).map(\.name).filter { $0 != file }
        if !rest.isEmpty {
            model.remarks.append("left out: \(rest.prefix(8).map(\.shown).joined(separator: ", "))")
        }
        if here != name { model.remarks.append("clients call it '\(here)' here") }
        house.models = [model]
        return house
    }
}
