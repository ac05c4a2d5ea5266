/// Numbers as people read them.
enum Quantity {
    /// `9.6 KB`, `102.5 MB`: powers of ten, as disks and networks are counted.
    static func bytes(_ count: Int) -> String {
        var value = Double(count)
        var unit = "B"
        for next in ["KB", "MB", "GB", "TB"] where value >= 1000 {
            value /= 1000
            unit = next
        }
        return unit == "B" ? "\(count) B" : "\(fixed(value, 1)) \(unit)"
    }

    /// Reads `64MB`, `1.5 GB`, `4096` or `0`: as `bytes` writes them, with or without the space, in any case.
    static func parseBytes(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = text.dropFirst(digits.count).drop { $0 == " " }.uppercased()
        let factors: [String: Double] = ["": 1, "B": 1, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12]
        guard text.utf8.count <= 24, let factor = factors[unit], let value = Double(digits) else { return nil }
        return Int(exactly: (value * factor).rounded())
    }

    /// `940`, `4.1 G`: operations, in thousands.
    static func operations(_ count: Int) -> String {
        var value = Double(count)
        var unit = ""
        for next in ["K", "M", "G", "T", "P"] where value >= 1000 {
            value /= 1000
            unit = next
        }
        return unit.isEmpty ? String(count) : "\(fixed(value, 1)) \(unit)"
    }

    /// `12,345`.
    static func count(_ value: Int) -> String {
        let digits = String(value.magnitude)
        var grouped = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { grouped.append(",") }
            grouped.append(digit)
        }
        return value < 0 ? "-" + grouped : grouped
    }

    /// `640 µs`, `3.20 ms`, `64.1 ms`, `1.50 s`.
    static func seconds(_ value: Double) -> String {
        switch value {
        case ..<1e-6: "\(fixed(value * 1e9, 0)) ns"
        case ..<1e-3: "\(fixed(value * 1e6, 0)) µs"
        case ..<1: "\(fixed(value * 1e3, value < 0.01 ? 2 : 1)) ms"
        default: "\(fixed(value, 2)) s"
        }
    }

    /// As above.
    static func seconds(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        return self.seconds(Double(seconds) + Double(attoseconds) / 1e18)
    }

    /// `97.11 %`.
    static func percent(_ ratio: Double, places: Int = 2) -> String { "\(fixed(ratio * 100, places)) %" }

    /// A number with this many places, ties away from zero; in exponent form only from 1e15 on.
    static func fixed(_ value: Double, _ places: Int) -> String {
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        guard let scaled = Int(exactly: (value.magnitude * scale).rounded()), value.magnitude < 1e15 else {
            return "\(value)"
        }
        let digits = String(scaled)
        let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
        let sign = value < 0 && scaled != 0 ? "-" : ""
        guard places > 0 else { return sign + padded }
        return "\(sign)\(padded.dropLast(places)).\(padded.suffix(places))"
    }
}
