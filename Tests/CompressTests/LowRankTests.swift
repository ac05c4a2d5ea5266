import Engines
import ModelGraph
import Optimize
import Tensors
import Testing

@testable import Compress

/// Layers as two thinner ones: the arithmetic against its definition, and what is done to which layer.
@Suite struct LowRankTests {
    /// Random numbers, `rows` by `columns`.
    private static func numbers(_ rows: Int, _ columns: Int, seed: UInt64) throws -> [Double] {
        try Made.random([rows, columns], seed: seed).doubles()
    }

    /// A product of two random matrices: of the rank, and no more.
    private static func thin(_ rows: Int, _ columns: Int, rank: Int, seed: UInt64) throws -> [Float] {
        let left = try numbers(rows, rank, seed: seed)
        let right = try numbers(rank, columns, seed: seed + 1)
        return Matrix.product(left, right, rows, rank, columns).map { Float($0 / Double(rank)) }
    }

    /// `x [N, depth]` times weights, and a bias.
    private static func layer(_ weights: [Float], _ depth: Int, _ columns: Int) throws -> Model {
        Made.model(
            [.symbol("N"), .fixed(depth)], [Node("Gemm", ["x", "w", "b"], ["y"], name: "dense")],
            [
                TensorValue("w", try Made.tensor(weights, [depth, columns])),
                try Made.floats("b", [columns]),
            ])
    }

    private static func answers(_ model: Model, _ inputs: [Tensor]) throws -> [Double] {
        try Made.runner().session(model, optimized: true).run(inputs)[0].doubles()
    }

    /// What is lost, as a share of what outputs vary by.
    private static func loss(_ before: [Double], _ after: [Double], columns: Int) -> Double {
        let rows = before.count / columns
        var (noise, energy) = (0.0, 0.0)
        for column in 0..<columns {
            let values = (0..<rows).map { before[$0 * columns + column] }
            let mean = values.reduce(0, +) / Double(rows)
            energy += values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            noise += (0..<rows).reduce(0) { sum, row in
                let difference = after[row * columns + column] - values[row]
                return sum + difference * difference
            }
        }
        return noise / energy
    }

    /// The recipe with ranks that are given: nothing is measured.
    private static func applied(_ model: Model, _ source: any CalibrationSource, ranks: [String: Int]?) throws
        -> RecipeResult
    {
        var settings = RecipeSettings()
        settings.ranks = ranks
        return try LowRankRecipe().apply(to: model, Made.context(source, settings))
    }

    // MARK: - Arithmetic

    @Test(arguments: [1, 2, 3, 8, 33]) func eigenvectorsMakeTheMatrixAgain(size: Int) throws {
        let some = try Self.numbers(size, size, seed: UInt64(size))
        let matrix = Matrix.product(some, Matrix.turned(some, size, size), size, size, size)
        let eigen = try #require(SymmetricEigen(matrix, size: size))
        #expect(eigen.values == eigen.values.sorted(by: >))
        var scaled = eigen.vectors
        for place in scaled.indices { scaled[place] *= eigen.values[place % size] }
        let again = Matrix.product(scaled, Matrix.turned(eigen.vectors, size, size), size, size, size)
        let unit = Matrix.product(Matrix.turned(eigen.vectors, size, size), eigen.vectors, size, size, size)
        for place in matrix.indices {
            #expect(abs(again[place] - matrix[place]) < 1e-10 * Double(size))
            #expect(abs(unit[place] - (place / size == place % size ? 1 : 0)) < 1e-10)
        }
    }

    @Test func matricesWithoutEigenvectorsAreRefused() {
        #expect(SymmetricEigen([.nan], size: 1) == nil && SymmetricEigen([1, .infinity, 1, 1], size: 2) == nil)
        #expect(SymmetricEigen([0, 0, 0, 0], size: 2)?.values == [0, 0])
        #expect(Matrix.cholesky([1, 2, 2, 1], 2) == nil)
    }

    // MARK: - Layers

    @Test(arguments: [(64, 96), (96, 64)]) func weightsOfLowRankAreFoundAndAnswerAlike(depth: Int, columns: Int) throws
    {
        let model = try Self.layer(try Self.thin(depth, columns, rank: 8, seed: 5), depth, columns)
        let source = try Made.source([128, depth])
        let choice = try LowRankChoice.needed(model, source)
        #expect(choice == ["dense": 8])
        let result = try Self.applied(model, source, ranks: ["dense": 8])
        #expect(result.model.parameterCount == 8 * (depth + columns) + columns && result.ranks == ["dense": 8])
        #expect(result.model.validate().isValid && result.layers.map(\.isChanged) == [true])
        // On inputs that nobody looked at, too.
        let inputs = [try Made.random([16, depth], seed: 99)]
        let (before, after) = (try Self.answers(model, inputs), try Self.answers(result.model, inputs))
        for (x, y) in zip(before, after) { #expect(abs(x - y) < 1e-4) }
    }

    @Test func weightsOfFullRankStayAsTheyAreWithTheReason() throws {
        let model = try Self.layer(try Made.random([64, 64], seed: 3).doubles().map { Float($0) }, 64, 64)
        let choice = try LowRankChoice(model, try Made.context(try Made.source([256, 64])))
        #expect(choice.candidates.isEmpty)
        let result = try choice.result(leaving: [])
        let layer = try #require(result.layers.first)
        #expect(result.model == model && result.ranks.isEmpty && !layer.isChanged)
        #expect(layer.action.contains("of 64 would be needed for 99.7 % of"), "\(layer.action)")
        #expect(layer.action.hasSuffix("more operations, not fewer"))
    }

    /// Weights of full rank, and inputs that only ever take a few directions: what counts is what arrives.
    @Test func whatArrivesDecidesAboutTheRank() throws {
        let (depth, columns, rows) = (96, 80, 200)
        let model = try Self.layer(
            try Made.random([depth, columns], seed: 3).doubles().map { Float($0) }, depth, columns)
        let plain = try LowRankChoice.needed(model, try Made.source([rows, depth]))
        let inputs = try Self.thin(rows, depth, rank: 6, seed: 11)
        let source = TensorCalibration([try Made.tensor(inputs, [rows, depth])], source: "thin.npz")
        let needed = try LowRankChoice.needed(model, source)
        #expect(try #require(needed["dense"]) <= 8 && #require(plain["dense"]) > 50, "\(needed) \(plain)")
    }

    @Test(arguments: 0..<6) func answersMoveNoMoreThanIsPromised(seed: Int) throws {
        let (depth, columns, rows) = seed.isMultiple(of: 2) ? (64, 48, 300) : (40, 72, 300)
        // Weights that fall off slowly, a mean far from zero.
        var weights = try Self.thin(depth, columns, rank: 12, seed: UInt64(seed + 1))
        let rough = try Made.random([depth, columns], seed: UInt64(seed + 50), -0.02, 0.02).doubles()
        for place in weights.indices { weights[place] += Float(rough[place]) }
        let model = try Self.layer(weights, depth, columns)
        let inputs = try Made.random([rows, depth], seed: UInt64(seed + 9), 1, 2)
        let source = TensorCalibration([inputs], source: "rows.npz")
        let rank = try #require(try LowRankChoice.needed(model, source)["dense"])
        #expect(rank < min(depth, columns))
        let result = try Self.applied(model, source, ranks: ["dense": rank])
        let before = try Self.answers(model, [inputs])
        let lost = Self.loss(before, try Self.answers(result.model, [inputs]), columns: columns)
        #expect(lost <= LowRankChoice.loss * 1.05, "rank \(rank): \(lost)")
        // One rank fewer, or a weight that is changed, would be told.
        let fewer = try Self.applied(model, source, ranks: ["dense": rank - 1])
        #expect(Self.loss(before, try Self.answers(fewer.model, [inputs]), columns: columns) > LowRankChoice.loss * 0.9)
    }

    @Test func convolutionsOfOnePlaceBecomeTwo() throws {
        let weights = try Self.thin(48, 64, rank: 6, seed: 21)
        let nodes = [
            Node("Conv", ["x", "w", "b"], ["c"], name: "point"), Node("Relu", ["c"], ["y"], name: "relu"),
        ]
        let model = Made.model(
            [.symbol("N"), .fixed(64), .fixed(5), .fixed(4)], nodes,
            [TensorValue("w", try Made.tensor(weights, [48, 64, 1, 1])), try Made.floats("b", [48])])
        let source = try Made.source([16, 64, 5, 4])
        #expect(try LowRankChoice.needed(model, source) == ["point": 6])
        let result = try Self.applied(model, source, ranks: ["point": 6])
        #expect(result.model.operatorTypes == ["Conv", "Conv", "Relu"] && result.model.validate().isValid)
        let inputs = [try Made.random([2, 64, 5, 4], seed: 7)]
        for (x, y) in zip(try Self.answers(model, inputs), try Self.answers(result.model, inputs)) {
            #expect(abs(x - y) < 1e-4)
        }
    }

    @Test func equalRanksGiveEqualModelsAndStrangersAreNamed() throws {
        let model = try Self.layer(try Self.thin(64, 64, rank: 8, seed: 5), 64, 64)
        let source = try Made.source([128, 64])
        let (one, two) = try (
            Self.applied(model, source, ranks: ["dense": 8]), Self.applied(model, source, ranks: ["dense": 8])
        )
        #expect(one.model == two.model)
        for (ranks, words) in [(["other": 8], "no layer 'other'"), (["dense": 64], "is no lower rank")] {
            let fault = #expect(throws: RuleFault.self) { try Self.applied(model, source, ranks: ranks) }
            #expect(fault?.reason.contains(words) == true, "\(fault?.reason ?? "")")
        }
    }

    @Test func valuesAreLookedAtInGroupsThatFit() {
        let wanted = [64, 64, 4096, 32, 32].enumerated().map { place, size in
            InputMoments.Wanted(name: "v\(place)", size: size, isPicture: false)
        }
        let groups = InputMoments.groups(wanted, bytes: 16 * 64 * 64 + 16 * 32 * 32)
        #expect(groups.map { $0.map(\.name) } == [["v0"], ["v1"], ["v2"], ["v3", "v4"]])
        #expect(InputMoments.groups(wanted, bytes: 1 << 40).count == 1 && InputMoments.groups([], bytes: 1).isEmpty)
    }

    @Test func madeUpInputsTellNothing() throws {
        let model = try Self.layer(try Self.thin(64, 64, rank: 8, seed: 5), 64, 64)
        let fault = #expect(throws: RuleFault.self) {
            try Self.applied(model, GeneratedCalibration(seed: 1, freeSize: 1), ranks: nil)
        }
        #expect(fault?.reason.contains("--calibration") == true)
    }

    /// A layer that is large enough for the difference to be beyond doubt: an eighth of the operations.
    @Test func whatIsFasterIsTakenAndItsRankIsRecorded() throws {
        let model = try Self.layer(try Self.thin(512, 512, rank: 16, seed: 5), 512, 512)
        let source = try Made.source([600, 512])
        let recipe = try RecipeChain.recipe(RecipeList([RecipePart("passes"), RecipePart("low-rank")]))
        let result = try recipe.apply(to: model, Made.context(source))
        #expect(result.ranks == ["dense": 16] && result.model.parameterCount < model.parameterCount / 10)
        #expect(result.layers.first?.action.contains("times as fast") == true, "\(result.layers)")
        var part = RecipePart("low-rank")
        part.ranks = result.ranks
        let list = RecipeList([RecipePart("passes"), part])
        #expect(try RecipeList(json: list.json) == list)
        #expect(try RecipeChain.recipe(list).apply(to: model, Made.context(source)).model == result.model)
    }
}

extension LowRankChoice {
    /// The rank that each layer would need, without a look at time.
    fileprivate static func needed(_ model: Model, _ source: any CalibrationSource) throws -> [String: Int] {
        let layers = LowRankLayer.all(GraphView(model)).layers
        let moments = try InputMoments.collected(model, layers.map(\.value), Made.context(source))
        return try layers.reduce(into: [:]) { found, layer in
            guard let seen = moments[layer.value] else { return }
            let factors = WhitenedFactors(try layer.weights(), columns: layer.columns, seen)
            found[layer.label] = factors?.rank(losing: Self.loss)
        }
    }
}
