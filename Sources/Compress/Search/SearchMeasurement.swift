/// What was measured of a candidate.
package struct SearchMeasurement: Hashable, Sendable {
    package var bytes: Int
    /// Of the file.
    package var digest: String
    /// Accuracy, else agreement with the original, from 0 to 1.
    package var quality: Double
    /// How much of that is lost.
    package var drop: Double
    /// With every parameter as it came to be.
    package var recipe: RecipeList
    /// `nil` where it was not run side by side with others.
    package var time: SearchTime?

    package init(bytes: Int, digest: String, quality: Double, drop: Double, recipe: RecipeList, time: SearchTime? = nil)
    {
        self.bytes = bytes
        self.digest = digest
        self.quality = quality
        self.drop = drop
        self.recipe = recipe
        self.time = time
    }
}

/// How long runs took, in milliseconds.
package struct SearchTime: Hashable, Sendable {
    /// The middle of all runs.
    package var p50: Double
    package var p99: Double
    /// How far runs of the same model lie apart, as a share: what is smaller than that says nothing.
    package var noise: Double
    package var runs: Int

    package init(p50: Double, p99: Double, noise: Double, runs: Int) {
        self.p50 = p50
        self.p99 = p99
        self.noise = noise
        self.runs = runs
    }
}
