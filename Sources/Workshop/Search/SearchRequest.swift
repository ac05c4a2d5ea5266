package import Compress
package import Engines

/// What is to be searched, for what, and for how long.
package struct SearchRequest: Sendable {
    /// The original's file.
    package var path: String
    /// As people call it: `digits:1`, or a file's name.
    package var subject: String
    package var goals: SearchGoals
    /// Engines to try; what is measured on the first is what others are compared with.
    package var engines: [EngineKind]
    /// As `Compression.calibration`.
    package var calibration: String?
    package var seed = 0
    /// Seconds.
    package var budget = 300.0
    /// Passes that are left out, sizes that are fixed, the version's evaluation set.
    package var settings: OptimizationSettings

    package init(
        path: String, subject: String, goals: SearchGoals, engines: [EngineKind],
        settings: OptimizationSettings = OptimizationSettings()
    ) {
        self.path = path
        self.subject = subject
        self.goals = goals
        self.engines = engines
        self.settings = settings
    }

    /// What the child is told to do with one list of steps on one engine.
    func settings(_ list: RecipeList, _ engine: EngineKind) -> OptimizationSettings {
        var compression = Compression(list.parts.isEmpty ? RecipeList([RecipePart(RecipePart.passes)]) : list)
        compression.calibration = calibration
        compression.seed = seed
        compression.largestDrop = goals.largestDrop
        compression.target = engine
        compression.isCandidate = true
        var settings = settings
        settings.measuresSpeed = false
        settings.compression = compression
        return settings
    }
}

/// Where a search is.
package struct SearchStep: Sendable {
    /// The candidate that is being made; `nil`: those that are there are run side by side.
    package let candidate: String?
    /// Candidates that are decided, and all of them.
    package let done: Int
    package let total: Int
    /// Where the limited child is.
    package let step: ChildStep?
    /// Seconds until the time is over.
    package let secondsLeft: Double
}
