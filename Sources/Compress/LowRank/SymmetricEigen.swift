/// Eigenvalues and eigenvectors of a symmetric matrix, in double precision.
///
/// The matrix is made tridiagonal by reflections and that is made diagonal by implicit QL steps. Cost: about 9 n³.
///
/// Source: J. Wilkinson, C. Reinsch, "Handbook for Automatic Computation II", 1971, `tred2` and `tql2`.
struct SymmetricEigen {
    let size: Int
    /// In descending order.
    private(set) var values: [Double]
    /// Row-major; column `i` belongs to value `i`.
    private(set) var vectors: [Double]

    /// Steps of one eigenvalue, after which it is given up.
    private static let mostSteps = 60

    /// - Parameter matrix: row-major.
    /// - Returns: `nil` where numbers are not finite, or steps do not converge.
    /// - Precondition: `matrix.count == size * size`.
    init?(_ matrix: [Double], size: Int) {
        guard size > 0, matrix.allSatisfy(\.isFinite) else { return nil }
        self.size = size
        // Worked with turned: what the loops run along lies together.
        var turned = matrix
        var diagonal = [Double](repeating: 0, count: size)
        var beside = [Double](repeating: 0, count: size)
        Self.reduce(&turned, &diagonal, &beside, size)
        guard Self.solve(&turned, &diagonal, &beside, size), diagonal.allSatisfy(\.isFinite) else { return nil }
        let order = diagonal.indices.sorted { diagonal[$0] > diagonal[$1] }
        values = order.map { diagonal[$0] }
        vectors = [Double](repeating: 0, count: size * size)
        for (column, source) in order.enumerated() {
            for row in 0..<size { vectors[row * size + column] = turned[source * size + row] }
        }
    }

    /// `tred2`: a tridiagonal matrix, with the reflections gathered in `v`, whose element (i, j) is at `j * size + i`.
    private static func reduce(_ v: inout [Double], _ d: inout [Double], _ e: inout [Double], _ size: Int) {
        for j in 0..<size { d[j] = v[j * size + size - 1] }
        for i in stride(from: size - 1, to: 0, by: -1) {
            let scale = d[0..<i].reduce(0) { $0 + $1.magnitude }
            var h = 0.0
            if scale == 0 {
                e[i] = d[i - 1]
                for j in 0..<i {
                    d[j] = v[j * size + i - 1]
                    v[j * size + i] = 0
                    v[i * size + j] = 0
                }
            } else {
                for k in 0..<i {
                    d[k] /= scale
                    h += d[k] * d[k]
                }
                let f = d[i - 1]
                let g = f > 0 ? -h.squareRoot() : h.squareRoot()
                e[i] = scale * g
                h -= f * g
                d[i - 1] = f - g
                for j in 0..<i { e[j] = 0 }
                reflect(&v, &d, &e, i, h, size)
            }
            d[i] = h
        }
        gather(&v, &d, &e, size)
    }

    private static func reflect(
        _ v: inout [Double], _ d: inout [Double], _ e: inout [Double], _ i: Int, _ h: Double, _ size: Int
    ) {
        v.withUnsafeMutableBufferPointer { v in
            for j in 0..<i {
                let f = d[j]
                v[i * size + j] = f
                var g = e[j] + v[j * size + j] * f
                for k in (j + 1)..<max(i, j + 1) {
                    g += v[j * size + k] * d[k]
                    e[k] += v[j * size + k] * f
                }
                e[j] = g
            }
            var f = 0.0
            for j in 0..<i {
                e[j] /= h
                f += e[j] * d[j]
            }
            let hh = f / (h + h)
            for j in 0..<i { e[j] -= hh * d[j] }
            for j in 0..<i {
                let (f, g) = (d[j], e[j])
                for k in j..<i { v[j * size + k] -= f * e[k] + g * d[k] }
                d[j] = v[j * size + i - 1]
                v[j * size + i] = 0
            }
        }
    }

    private static func gather(_ v: inout [Double], _ d: inout [Double], _ e: inout [Double], _ size: Int) {
        v.withUnsafeMutableBufferPointer { v in
            for i in 0..<max(0, size - 1) {
                v[i * size + size - 1] = v[i * size + i]
                v[i * size + i] = 1
                let h = d[i + 1]
                if h != 0 {
                    for k in 0...i { d[k] = v[(i + 1) * size + k] / h }
                    for j in 0...i {
                        var g = 0.0
                        for k in 0...i { g += v[(i + 1) * size + k] * v[j * size + k] }
                        for k in 0...i { v[j * size + k] -= g * d[k] }
                    }
                }
                for k in 0...i { v[(i + 1) * size + k] = 0 }
            }
            for j in 0..<size {
                d[j] = v[j * size + size - 1]
                v[j * size + size - 1] = 0
            }
            v[size * size - 1] = 1
        }
        e[0] = 0
    }

    /// `tql2`: eigenvalues in `d`, eigenvectors in the columns of `v`.
    private static func solve(_ v: inout [Double], _ d: inout [Double], _ e: inout [Double], _ size: Int) -> Bool {
        for i in 1..<max(1, size) { e[i - 1] = e[i] }
        e[size - 1] = 0
        var (f, largest) = (0.0, 0.0)
        for l in 0..<size {
            largest = max(largest, d[l].magnitude + e[l].magnitude)
            var m = l
            while m < size - 1, e[m].magnitude > 0x1p-52 * largest { m += 1 }
            var steps = 0
            while m > l, e[l].magnitude > 0x1p-52 * largest {
                steps += 1
                guard steps <= mostSteps else { return false }
                step(&v, &d, &e, &f, l, m, size)
            }
            d[l] += f
            e[l] = 0
        }
        return true
    }

    private static func step(
        _ v: inout [Double], _ d: inout [Double], _ e: inout [Double], _ f: inout Double, _ l: Int, _ m: Int,
        _ size: Int
    ) {
        var g = d[l]
        var p = (d[l + 1] - g) / (2 * e[l])
        var r = (p * p + 1).squareRoot()
        if p < 0 { r = -r }
        d[l] = e[l] / (p + r)
        d[l + 1] = e[l] * (p + r)
        let next = d[l + 1]
        var h = g - d[l]
        for i in (l + 2)..<max(size, l + 2) { d[i] -= h }
        f += h
        p = d[m]
        var (c, c2, c3) = (1.0, 1.0, 1.0)
        let beside = e[l + 1]
        var (s, s2) = (0.0, 0.0)
        for i in stride(from: m - 1, through: l, by: -1) {
            c3 = c2
            c2 = c
            s2 = s
            g = c * e[i]
            h = c * p
            r = (p * p + e[i] * e[i]).squareRoot()
            e[i + 1] = s * r
            s = e[i] / r
            c = p / r
            p = c * d[i] - s * g
            d[i + 1] = h + s * (c * g + s * d[i])
            v.withUnsafeMutableBufferPointer { v in
                for k in 0..<size {
                    let h = v[(i + 1) * size + k]
                    v[(i + 1) * size + k] = s * v[i * size + k] + c * h
                    v[i * size + k] = c * v[i * size + k] - s * h
                }
            }
        }
        p = -s * s2 * c3 * beside * e[l] / next
        e[l] = s * p
        d[l] = c * p
    }
}
