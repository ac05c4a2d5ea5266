import Glibc

/// Tails of the distributions that the tests compare with.
package enum Distributions {
    /// P(K > x) for Kolmogorov's limiting distribution; relative error below 1e-12.
    ///
    /// Source: NIST DLMF 20.4 (the two forms of the theta function); SciPy's `special.kolmogorov`.
    package static func kolmogorovTail(_ x: Double) -> Double {
        guard x > 0.04 else { return 1 }
        if x < 1 {
            let scale = -Double.pi * Double.pi / (8 * x * x)
            var sum = 0.0
            for k in stride(from: 1.0, through: 9, by: 2) { sum += exp(scale * k * k) }
            return 1 - (2 * Double.pi).squareRoot() / x * sum
        }
        var sum = 0.0
        for k in 1...6 {
            let term = exp(-2 * Double(k * k) * x * x)
            sum += k % 2 == 1 ? term : -term
        }
        return min(max(2 * sum, 0), 1)
    }

    /// P(X² > x) with so many degrees of freedom; relative error below 1e-12.
    ///
    /// - Parameter freedom: above 0.
    package static func chiSquareTail(_ x: Double, freedom: Double) -> Double {
        guard freedom > 0, x > 0 else { return 1 }
        guard x.isFinite else { return 0 }
        let (a, half) = (freedom / 2, x / 2)
        let scale = exp(a * log(half) - half - logGamma(a))
        return half < a + 1 ? 1 - scale * series(a, half) : scale * fraction(a, half)
    }

    /// The lower incomplete gamma function by its power series. Source: NIST DLMF 8.7.1.
    private static func series(_ a: Double, _ x: Double) -> Double {
        var term = 1 / a
        var sum = term
        var n = a
        for _ in 0..<10_000 {
            n += 1
            term *= x / n
            sum += term
            if term < sum * 1e-16 { break }
        }
        return sum
    }

    /// The upper one by its continued fraction, evaluated after Lentz. Source: NIST DLMF 8.9.2.
    private static func fraction(_ a: Double, _ x: Double) -> Double {
        let tiny = 1e-300
        var b = x + 1 - a
        var c = 1 / tiny
        var d = 1 / b
        var value = d
        for step in 1..<10_000 {
            let an = -Double(step) * (Double(step) - a)
            b += 2
            d = an * d + b
            if d.magnitude < tiny { d = tiny }
            c = b + an / c
            if c.magnitude < tiny { c = tiny }
            d = 1 / d
            let change = d * c
            value *= change
            if (change - 1).magnitude < 1e-16 { break }
        }
        return value
    }

    /// ln Γ(x), without the sign that C's function keeps in a global.
    private static func logGamma(_ x: Double) -> Double {
        var sign: Int32 = 0
        return lgamma_r(x, &sign)
    }
}
