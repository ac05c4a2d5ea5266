import Tensors
import Testing
import Trust

@testable import Platforms

/// What stands in the files from which others build the image.
@Suite struct BuildTextTests {
    private func text(_ reference: String = "digits:3") -> [String: String] {
        var wish = ImageBuilder.Wish(
            reference: reference, digest: Digest(of: []), programVersion: "0.1.0", engine: ("onnxruntime", "1.31.1"))
        wish.port = 9000
        return Dictionary(
            uniqueKeysWithValues: BuildText(
                wish: wish, layers: ["files/engine", "files/model"], modelBytes: 100_000_000
            )
            .files.map { ($0.name, $0.content) })
    }

    @Test func aDockerfileRunsAsNobodyAndFetchesNothing() throws {
        let file = try #require(text()["Dockerfile"])
        let words = file.split(separator: "\n").compactMap { $0.split(separator: " ").first.map(String.init) }
        let known: Set<String> = [
            "#", "FROM", "LABEL", "COPY", "ENV", "USER", "WORKDIR", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT",
            "CMD",
        ]
        #expect(words.allSatisfy { known.contains($0) || $0.contains("=") }, "\(words)")
        #expect(
            file.contains("FROM scratch\n") && file.contains("USER 10001:10001\n") && file.contains("EXPOSE 9000\n"))
        #expect(file.contains("COPY files/engine/ /\nCOPY files/model/ /\n"))
        for line in file.split(separator: "\n") where line.hasPrefix("CMD ") || line.hasPrefix("ENTRYPOINT ") {
            let list = line.drop { $0 != "[" }
            #expect(try JSONValue.parse(Array(list.utf8)).arrayValue?.isEmpty == false)
        }
    }

    @Test(arguments: [
        "read_only: true", "no-new-privileges:true", "- ALL", "healthcheck:", "memory: 704M", "127.0.0.1:9000:9000",
    ])
    func theComposeFileRestrictsIt(_ words: String) throws {
        #expect(try #require(text()["compose.yaml"]).contains(words))
    }

    @Test(arguments: [("my_model.v2:1", "my-model-v2"), ("digits:3", "digits")])
    func namesAreThoseOfClusters(_ reference: String, _ name: String) throws {
        let text = text(reference)
        #expect(try #require(text["compose.yaml"]).contains("\n  \(name):\n"))
        #expect(try #require(text["kubernetes.yaml"]).contains("\n  name: \(name)\n"))
    }

    @Test func packagesOfTheProgramAreListedWithTheirRevisions() throws {
        #expect(
            BuiltPackages.all.contains { $0.name == "swift-nio" && $0.place.contains("github.com/apple/swift-nio@") })
    }
}
