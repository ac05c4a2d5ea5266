import Foundation
import Tensors
import Testing

@testable import HDF5

/// Files that h5py wrote (`Fixtures/generate.py`).
@Suite struct HDF5FileTests {
    @Test func numbersOfEveryTypeAreRead() throws {
        let root = try Fixture.file("types.h5").root()
        let names = try root.members().map(\.name)
        #expect(names.count == 15)
        for name in names where name != "single" && name != "empty" {
            let dataset = try Fixture.dataset(root, name)
            #expect(try dataset.dimensions() == [2, 3], "\(name)")
            #expect(try dataset.floats() == [0, 1, 2, 3, 100, 7], "\(name)")
        }
        let single = try Fixture.dataset(root, "single")
        #expect(try single.dimensions() == [])
        #expect(try single.floats() == [2.5])
        #expect(try Fixture.dataset(root, "empty").floats() == [])
    }

    @Test(arguments: ["plain", "packed", "shuffled"])
    func chunksArePutTogether(_ name: String) throws {
        let dataset = try Fixture.dataset(try Fixture.file("chunks.h5").root(), name)
        #expect(try dataset.dimensions() == [5, 7, 3])
        #expect(try dataset.floats() == (0..<105).map(Float.init))
    }

    @Test func aLineOfManyChunksIsPutTogether() throws {
        let dataset = try Fixture.dataset(try Fixture.file("chunks.h5").root(), "line")
        #expect(try dataset.floats() == (0..<1000).map(Float.init))
    }

    @Test func textsOfEveryKindAreRead() throws {
        let root = try Fixture.file("attributes.h5").root()
        #expect(try root.attribute("word")?.texts() == ["Grüße"])
        #expect(try root.attribute("fixed")?.texts() == ["fixed"])
        #expect(try root.attribute("words")?.texts() == ["one", "three", ""])
        #expect(try root.attribute("fixed_words")?.texts() == ["one", "three"])
        #expect(try root.attribute("long")?.texts().first?.count == 9_000)
        #expect(try root.attribute("none")?.dimensions == [0])
        #expect(try root.attribute("number39")?.texts() == ["text 39"])
        #expect(try root.attribute("missing") == nil)
    }

    @Test func aGroupOfManyIsReadWhole() throws {
        let root = try Fixture.file("groups.h5").root()
        let outer = try #require(try root.group(["outer"]))
        #expect(try Set(outer.members().map(\.name)) == Set((0..<300).map { "group \($0)" }))
        let seventh = try #require(try outer.group(["group 7"]))
        #expect(try Fixture.dataset(seventh, "value").floats() == [1, 2])
        #expect(try outer.group(["group 300"]) == nil)
    }

    /// Superblock 3, object headers of version 2, links in place of tables.
    @Test func theNewerFormIsRead() throws {
        let root = try Fixture.file("newer.h5").root()
        #expect(try root.members().map(\.name).sorted() == ["group", "other"])
        let group = try #require(try root.group(["group"]))
        #expect(try group.attribute("word")?.texts() == ["new"])
        #expect(try Fixture.dataset(group, "value").floats().count == 105)
    }

    @Test(arguments: [
        ("lzf", "lzf"), ("fletcher", "fletcher32"), ("compound", "compound"), ("holes", "never written"),
        ("never", "never written"),
    ])
    func whatIsNotReadIsRefusedByName(_ name: String, _ words: String) throws {
        let root = try Fixture.file("refused.h5").root()
        let error = try #require(Fixture.fault { try Fixture.dataset(root, name).floats() })
        #expect(error.message.contains(words) && error.message.contains(name), "\(error)")
    }

    @Test(arguments: [("links.h5", "soft link"), ("dense.h5", "fractal heap")])
    func groupsThatAreNotReadAreRefusedByName(_ file: String, _ words: String) throws {
        let root = try Fixture.file(file).root()
        let error = try #require(Fixture.fault { try root.members() })
        #expect(error.message.contains(words) && error.code == .unsupported, "\(error)")
    }
}

/// The files beside the tests.
enum Fixture {
    static func bytes(_ name: String) throws -> [UInt8] {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/\(name)").path
        return Array(try #require(FileManager.default.contents(atPath: path)))
    }

    static func buffer(_ bytes: [UInt8]) -> TensorBuffer {
        let buffer = TensorBuffer(capacity: bytes.count)
        bytes.withUnsafeBytes { buffer.mutableBytes.copyMemory(from: $0) }
        return buffer
    }

    static func file(_ name: String, limits: HDF5Limits = HDF5Limits()) throws -> HDF5File {
        try HDF5File(buffer(try bytes(name)), limits: limits)
    }

    static func dataset(_ group: HDF5Group, _ name: String) throws -> HDF5Dataset {
        guard case .dataset(let dataset)? = try group.object(name) else {
            throw HDF5Error.broken("'\(name)' is no dataset")
        }
        return dataset
    }

    static func fault(_ body: () throws -> some Any) -> HDF5Error? {
        do {
            _ = try body()
            return nil
        } catch {
            return error as? HDF5Error
        }
    }

    /// Reads all that is in a file, as far as it can be read, and at most so many objects.
    static func readAll(_ bytes: [UInt8]) throws {
        var limits = HDF5Limits()
        (limits.bytes, limits.entries) = (64 << 20, 200_000)
        let file = try HDF5File(buffer(bytes), limits: limits)
        var open = [try file.root()]
        var left = 40
        while let group = open.popLast(), left > 0 {
            for name in ["word", "words", "fixed", "fixed_words", "long", "number39", "name", "model_config"] {
                _ = try? group.attribute(name)?.texts()
            }
            for member in (try? group.members()) ?? [] {
                left -= 1
                guard left > 0 else { break }
                switch try? file.object(at: member.address, path: member.name) {
                case .group(let inner): open.append(inner)
                case .dataset(let dataset): _ = try? dataset.floats()
                case nil: break
                }
            }
        }
    }
}
