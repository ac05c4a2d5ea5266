import Tensors
import Testing

@testable import Alerts

@Suite struct DashboardTests {
    private let panels = Dashboard.json["panels"]?.arrayValue ?? []

    @Test func panelsHaveNumbersOfTheirOwnAndDoNotOverlap() throws {
        var taken: Set<[Int]> = []
        var numbers: Set<Int> = []
        for panel in panels {
            #expect(numbers.insert(try #require(panel["id"]?.intValue)).inserted)
            let place = try #require(panel["gridPos"])
            let (x, y) = (try #require(place["x"]?.intValue), try #require(place["y"]?.intValue))
            let (width, height) = (try #require(place["w"]?.intValue), try #require(place["h"]?.intValue))
            #expect(x >= 0 && x + width <= 24, "\(panel["title"] ?? .null)")
            for column in x..<x + width {
                for line in y..<y + height { #expect(taken.insert([column, line]).inserted, "\(column), \(line)") }
            }
        }
    }

    @Test func everyPanelSaysWhatItShowsAndAsksTheChosenSource() throws {
        for panel in panels where panel["type"]?.stringValue != "row" {
            #expect(panel["description"]?.stringValue?.isEmpty == false)
            let targets = try #require(panel["targets"]?.arrayValue)
            #expect(!targets.isEmpty && Set(targets.compactMap { $0["refId"]?.stringValue }).count == targets.count)
            for target in targets {
                #expect(target["datasource"]?["uid"] == "${datasource}")
                #expect(target["legendFormat"]?.stringValue?.isEmpty == false)
                #expect(target["expr"]?.stringValue?.contains("job=~\"$job\"") == true)
            }
        }
    }

    @Test func everythingThatGrafanaWantsIsThere() {
        let dashboard = Dashboard.json
        for key in ["uid", "title", "schemaVersion", "panels", "templating", "annotations", "time", "refresh"] {
            #expect(dashboard[key] != nil, "\(key)")
        }
        let variables = dashboard["templating"]?["list"]?.arrayValue?.compactMap { $0["name"]?.stringValue }
        #expect(variables == ["datasource", "job", "endpoint"])
    }
}
