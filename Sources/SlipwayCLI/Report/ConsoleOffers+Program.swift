import Compress
import Control
import Engines
import Home
import Tensors

extension ConsoleOffers {
    /// What this program has for the console: its doctor, and the page that `optimize --report` writes.
    init(home: HomeDirectory, engineDirectory: String, ports: [(port: Int, purpose: String)]) {
        self.init()
        let ports = ports.compactMap { entry in UInt16(exactly: entry.port).map { (port: $0, purpose: entry.purpose) } }
        examine = {
            var doctor = Doctor(
                home: home, catalog: EngineCatalog(directory: engineDirectory), engineDirectory: engineDirectory)
            doctor.ports = ports.filter { $0.port > 0 }
            return .array(await doctor.examine().map(\.json))
        }
        optimisationPage = { made in
            OptimisationRecord(lineage: made).map(OptimisationPage.html)
        }
    }
}

extension OptimisationRecord {
    /// What a version's lineage keeps of how it was made: a search's own record, or the report of one recipe.
    init?(lineage: JSONValue) {
        if let search = lineage["search"] {
            self.init(json: search)
            return
        }
        guard let from = lineage["from"]?.stringValue, lineage["after"] != nil,
            case .object(var members) = lineage
        else { return nil }
        // Only what is better becomes a version.
        members.append(.init(key: "outcome", value: "improved"))
        self.init(report: .object(members), subject: from)
    }
}
