package import Houses

/// Tells what kind of house a folder is.
package enum HouseDoor {
    /// Reads a folder as the house it is.
    ///
    /// - Throws: `HouseError`, also for a folder that is none, with what would be one.
    package static func read(_ folder: HouseFolder) throws(HouseError) -> House {
        if folder.hasFile(MLflowModel.file) { return try MLflowModel.read(folder, named: folder.name) }
        if MLServerRepository.isOne(folder) { return MLServerRepository.read(named: folder.name, folder) }
        if folder.hasFile(TensorFlowServing.listFile) { return try TensorFlowServing.readList(folder) }
        if folder.hasFile("config.pbtxt") { return TritonRepository.readModel(named: folder.name, folder) }
        if TensorFlowServing.isBase(folder) { return TensorFlowServing.readBase(named: folder.name, folder) }
        if TritonRepository.isOne(folder) { return try TritonRepository.read(folder) }
        if BentoStore.isOne(folder) { return try BentoStore.read(folder) }
        if KServeStorage.isOne(folder) { return KServeStorage.read(named: folder.name, folder) }
        throw HouseError(
            .missing, "\(folder.path.quoted) is a folder, and none that models are imported from",
            help:
                "known are: Triton's and MLServer's model repositories, MLflow's and BentoML's models, a TensorFlow Serving "
                + "base directory, KServe's storage folder, a version's own layout")
    }
}
