/// What is done with each of TensorFlow's operators: a closed list.
enum SavedRules {
    static let all: [String: SavedRule] = [
        CallRules.all, SavedElementwise.all, SavedActivations.all, SavedConvolutions.all, SavedImages.all,
        SavedShapes.all,
        SavedSlices.all, SavedJoining.all, SavedReductions.all, SavedMatrices.all, SavedGeneration.all,
        SavedControl.all,
        SavedLists.all,
    ].reduce(into: [:]) { $0.merge($1) { first, _ in first } }
}
