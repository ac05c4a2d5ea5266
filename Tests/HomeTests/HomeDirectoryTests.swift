import Foundation
import Home
import Testing

@Suite struct HomeDirectoryTests {
    @Test(
        arguments: [
            ("/a/b", ["SLIPWAY_HOME": "/c", "HOME": "/h"], "/a/b"),
            (nil, ["SLIPWAY_HOME": "/c", "XDG_DATA_HOME": "/x", "HOME": "/h"], "/c"),
            (nil, ["SLIPWAY_HOME": "", "XDG_DATA_HOME": "/x", "HOME": "/h"], "/x/slipway"),
            (nil, ["XDG_DATA_HOME": "relative", "HOME": "/h"], "/h/.local/share/slipway"),
            (nil, ["HOME": "/h"], "/h/.local/share/slipway"),
            ("/a//b/./c/", [:], "/a/b/c"),
        ] as [(String?, [String: String], String)])
    func placeIsChosenByPrecedence(_ explicit: String?, _ environment: [String: String], _ path: String) throws {
        #expect(try HomeDirectory.locate(explicit: explicit, environment: environment).path == path)
    }

    @Test func relativePathsAreTakenFromTheCurrentDirectory() throws {
        let path = try HomeDirectory(path: "no-such-directory/home").path
        #expect(path.hasPrefix("/") && path.hasSuffix("/no-such-directory/home"))
    }

    @Test func withoutAnyPlaceThereIsAnErrorWithARemedy() throws {
        let error = try #require(throws: HomeError.self) { try HomeDirectory.locate(environment: ["HOME": ""]) }
        #expect(error.code == .invalid)
        #expect(error.help?.contains("--home") == true)
    }

    @Test func impossiblePathsAreRefused() {
        #expect(throws: HomeError.self) { try HomeDirectory(path: "") }
        #expect(throws: HomeError.self) { try HomeDirectory(path: "/a\0b") }
    }

    @Test func everythingCreatedIsForItsOwnerAlone() throws {
        let home = try TemporaryHome()
        let database = try HomeDatabase.open(home.directory)
        let directory = home.directory
        for path in [directory.path, directory.blobs, directory.temporary, directory.run, directory.engines] {
            #expect(try permissions(path) == 0o700, "\(path)")
        }
        #expect(try permissions(directory.databasePath) == 0o600)
        #expect(try permissions(directory.databasePath + "-wal") == 0o600)
        try database.close()
    }

    @Test func creatingTwiceChangesNothing() throws {
        let home = try TemporaryHome()
        try home.directory.create()
        #expect(try home.names(in: home.directory.path) == ["blobs", "cache", "engines", "run", "tmp"])
    }

    @Test func aFileInTheWayIsNamed() throws {
        let home = try TemporaryHome()
        let path = home.directory.path + "/file"
        try Data().write(to: URL(fileURLWithPath: path))
        let error = try #require(throws: HomeError.self) { try HomeDirectory(path: path).create() }
        #expect(error.message.contains(path))
    }

    @Test(arguments: [(90, true), (91, false), (400, false)])
    func socketPathsFitIntoAnAddress(_ length: Int, _ isInHome: Bool) throws {
        let home = try HomeDirectory(path: "/" + String(repeating: "x", count: length - 2) + "y")
        let path = home.controlSocketPath
        #expect(path.utf8.count <= 107)
        #expect(path.hasPrefix(home.path) == isInHome)
        #expect(try HomeDirectory(path: home.path).controlSocketPath == path)
    }

    @Test func longHomesHaveSocketsOfTheirOwn() throws {
        let names = try (0..<50).map {
            try HomeDirectory(path: "/" + String(repeating: "x", count: 200) + "\($0)").controlSocketPath
        }
        #expect(Set(names).count == 50)
    }

    private func permissions(_ path: String) throws -> Int {
        let value = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
        return try #require(value as? Int ?? (value as? NSNumber)?.intValue)
    }
}
