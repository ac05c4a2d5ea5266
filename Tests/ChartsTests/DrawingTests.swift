import Charts
import Testing

@Suite struct DrawingTests {
    @Test func textsAreEscapedAndNumbersAreNumbers() {
        var drawing = Drawing(width: 10, height: 10, label: "<a\"b>", description: "c & d")
        drawing.text("</svg><script>", x: .nan, y: 1e300)
        drawing.rectangle("b", x: .infinity, y: 0, width: -5, height: 2.345, title: "'\u{202e}")
        drawing.circle("c", x: 1, y: 2, radius: 3)
        drawing.line("l", [(0, 0), (.nan, 1)])
        drawing.columns("k", [(0, 1, 5, .infinity)])
        let svg = drawing.svg
        #expect(
            !svg.contains("<script") && !svg.contains("nan") && !svg.contains("inf") && !svg.contains("e+"), "\(svg)")
        #expect(svg.contains("aria-label=\"&lt;a&quot;b&gt;\"") && svg.contains("<desc>c &amp; d</desc>"))
        #expect(svg.contains("width=\"0\" height=\"2.3\"") && svg.contains("<title>&#39;\\u{202e}</title>"), "\(svg)")
        #expect(svg.components("<") == svg.components(">"))
    }
}

extension String {
    fileprivate func components(_ character: Character) -> Int { count { $0 == character } }
}
