package import Houses

/// Tells what kind of house a folder is.
package enum HouseDoor {
    /// Reads a folder as the house it is.
    ///
    /// - Throws: `HouseError`, also for a folder that is none, with what would be one.
    package static func read(_ folder: HouseFolder) throws(HouseError) -> House {
        if folder.hasFile("config.pbtxt") { return TritonRepository.readModel(named: folder.name, folder) }
        if TritonRepository.isOne(folder) { return try TritonRepository.read(folder) }
        throw HouseError(
            .missing, "\(folder.path.quoted) is a folder, and none that models are imported from",
            help:
                "known are: Triton's model repository, an MLflow model, a TensorFlow Serving base directory, "
                + "a version's own layout")
    }
}
