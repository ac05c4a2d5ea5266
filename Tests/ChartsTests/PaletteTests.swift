import Charts
import Glibc
import Testing

@Suite struct PaletteTests {
    /// Source: WCAG 2.2, relative luminance and contrast ratio.
    private static func luminance(_ colour: String) -> Double {
        let digits = Array(colour.dropFirst())
        let full = digits.count == 3 ? digits.flatMap { [$0, $0] } : digits
        let parts = stride(from: 0, to: 6, by: 2).map { place in
            Double(Int(String(full[place...(place + 1)]), radix: 16) ?? 0) / 255
        }
        let linear = parts.map { $0 <= 0.04045 ? $0 / 12.92 : pow(($0 + 0.055) / 1.055, 2.4) }
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    }

    private static func contrast(_ one: String, _ other: String) -> Double {
        let values = [luminance(one), luminance(other)].sorted()
        return (values[1] + 0.05) / (values[0] + 0.05)
    }

    private static func colours(_ declarations: String) -> [String: String] {
        var colours: [String: String] = [:]
        for match in declarations.matches(of: /--([a-z0-9-]+): (#[0-9a-f]{3,6});/) {
            colours[String(match.1)] = String(match.2)
        }
        return colours
    }

    private static let schemes = [
        ("light", colours(Palette.light + Palette.chartsLight)), ("dark", colours(Palette.dark + Palette.chartsDark)),
    ]

    @Test func contrastIsMeasuredAsTheGuidelinesSay() {
        #expect(abs(Self.contrast("#000000", "#ffffff") - 21) < 1e-9)
        #expect(abs(Self.contrast("#777777", "#ffffff") - 4.48) < 0.01)
    }

    @Test func textCanBeReadOnEveryGround() throws {
        for (name, colours) in Self.schemes {
            for text in ["ink", "soft", "sea", "good", "warn", "bad", "mark"] {
                for ground in ["card", "ground"] {
                    let ratio = Self.contrast(try #require(colours[text]), try #require(colours[ground]))
                    #expect(ratio >= 4.5, "\(name): \(text) on \(ground) has \(ratio)")
                }
            }
            let chosen = Self.contrast(try #require(colours["ink"]), try #require(colours["sea-soft"]))
            #expect(chosen >= 4.5, "\(name): ink on sea-soft has \(chosen)")
        }
    }

    @Test func marksCanBeSeenOnACard() throws {
        for (name, colours) in Self.schemes {
            for mark in ["before", "mark", "sea"] + (0..<6).map({ "kind-\($0)" }) {
                let ratio = Self.contrast(try #require(colours[mark]), try #require(colours["card"]))
                #expect(ratio >= 3, "\(name): \(mark) has \(ratio)")
            }
        }
    }
}
