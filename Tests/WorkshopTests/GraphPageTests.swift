import ModelGraph
import Tensors
import Testing

@testable import Workshop

@Suite struct GraphPageTests {
    private static func page(_ model: Model) -> String {
        GraphPage(
            model: model, costs: model.costs(batch: 1), title: model.graph.name, fileBytes: 1, scriptSource: "'none'"
        )
        .html()
    }

    /// Names that try to leave their place in a page.
    static let hostile = [
        "</script><script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onmouseover='alert(1)", "<!--",
        "]]>",
        "</title><svg/onload=alert(1)>", "\u{202E}gnp.exe", "\u{1}\u{0}\u{7F}", "&lt;b&gt;", "\\u003cscript>",
        String(repeating: "<", count: 10_000),
    ]

    private static func floats(_ name: String, _ values: [Float]) -> TensorValue {
        let bytes = values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
        return TensorValue(name, .float32, [Int64(values.count)], .raw(ByteView(copying: bytes)))
    }

    /// `y = x + w`, with this text wherever a model may have one.
    private static func model(_ text: String) -> Model {
        let shape: [Dimension] = [.symbol(text), .fixed(4)]
        var node = Node("Add", ["x" + text, "w" + text], ["y" + text], name: text)
        node.attributes = [Attribute(text, .text(text)), Attribute("s", .strings([ByteView(text)]))]
        var graph = Graph(
            text, nodes: [node], initializers: [floats("w" + text, [1, 2, 3, 4])],
            inputs: [ValueInfo("x" + text, .float32, shape)], outputs: [ValueInfo("y" + text, .float32, shape)])
        graph.documentation = text
        var model = Model(graph, opset: 17, irVersion: 8)
        model.producerName = text
        return model
    }

    @Test(arguments: hostile) func noNameLeavesItsPlace(text: String) {
        let page = Self.page(Self.model(text))
        // The tags of a harmless model, in the same order: nothing was added, nothing ended early.
        #expect(Self.tags(page) == Self.tags(Self.page(Self.model("plain"))))
        #expect(
            page.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F && $0 != "\u{202E}" || $0 == "\n" })
        #expect(page.utf8.count < 200_000)
    }

    /// The names of all tags, in order.
    private static func tags(_ page: String) -> [String] {
        page.matches(of: /<(\/?[a-zA-Z!][a-zA-Z0-9]*)/).map { String($0.1) }
    }

    @Test func theEmbeddedDataCanBeReadAndHoldsTheName() throws {
        for text in Self.hostile where text.count < 100 {
            let page = Self.page(Self.model(text))
            let start = try #require(page.firstRange(of: "id=\"data\">")?.upperBound)
            let end = try #require(page[start...].firstRange(of: "</script>")?.lowerBound)
            let data = try JSONValue.parse(Array(page[start..<end].utf8))
            #expect(data["n0"]?["name"]?.stringValue == PageText.plain(text))
        }
    }

    @Test func everythingIsInThePageAndNothingIsLoaded() {
        let page = Self.page(Self.model("plain"))
        for figure in ["parameters</dt><dd>4<", "xplain", "Add", "FP32 [plain, 4]", "wplain"] {
            #expect(page.contains(figure), "\(figure)")
        }
        #expect(
            page.contains("<td class=\"n\">1</td><td class=\"n\">4</td><td class=\"n\">2.5</td>"),
            "figures of the weight")
        #expect(page.contains("default-src 'none'") && page.contains("base-uri 'none'"))
        let addresses = page.matches(of: /(?:src|href|url|import)\s*[=(]/).count
        #expect(addresses == 0)
        // The only address names the language of pictures.
        #expect(page.matches(of: /https?:\/\//).count == 1 && page.contains("xmlns=\"http://www.w3.org/2000/svg\""))
    }

    @Test func aModelWithoutNodesHasAPage() {
        let page = Self.page(Model(Graph("empty"), opset: 17, irVersion: 8))
        #expect(page.contains("0 boxes") && page.hasSuffix("</html>\n"))
    }

    @Test(arguments: [
        ("&<>\"'", "&amp;&lt;&gt;&quot;&#39;"), ("a\u{0}b", "a\\u{0}b"), ("日本", "日本"), ("e\u{301}", "e\u{301}"),
        ("\u{2028}", "\\u{2028}"),
    ]) func textIsEscaped(text: String, escaped: String) { #expect(PageText.escaped(text) == escaped) }

    @Test(arguments: [
        (0, "0"), (999, "999"), (1000, "1.0 K"), (4_123_456_789, "4.1 G"), (Int.max, "9223.4 P"),
    ]) func figuresAreScaled(value: Int, text: String) { #expect(PageText.scaled(value, unit: "") == text) }

    @Test(arguments: [
        (0.0, "0"), (1.0, "1"), (-2.5, "-2.5"), (0.000123456, "0.0001235"), (.infinity, "inf"), (.nan, "nan"),
        (1e300, "1e+300"),
        (-123456.789, "-123457"),
    ]) func numbersAreShort(value: Double, text: String) {
        #expect(PageText.number(value) == text)
    }

    @Test func figuresOfAWeightAreThose() throws {
        let figures = try #require(WeightFigures(Self.floats("w", [0, 1, 2, 3, .nan, .infinity, 0, 0])))
        #expect(figures.looked == 8 && figures.zeros == 3 && figures.notFinite == 2)
        #expect(figures.least == 0 && figures.most == 3 && figures.mean == 1)
        #expect(abs(figures.deviation - (8.0 / 6).squareRoot()) < 1e-12)
        #expect(figures.bins.reduce(0, +) == 6 && figures.bins.first == 3 && figures.bins.last == 1)
        #expect(WeightFigures(TensorValue("s", .string, [1], .strings([ByteView("x")]))) == nil)
        #expect(WeightFigures(Self.floats("e", [])) == nil)
        let odd = try #require(WeightFigures(Self.floats("n", [.nan, .nan])))
        #expect(odd.least > odd.most && odd.bins.isEmpty)
    }
}
