import Glibc
import ModelGraph
import Tensors
import Testing

@Suite struct MappedFileTests {
    @Test func onlyRegularFilesAreMapped() throws {
        let folder = try TemporaryFolder()
        let pipe = "\(folder.path)/pipe"
        try #require(mkfifo(pipe, 0o600) == 0)
        for path in [folder.path, pipe, "/dev/zero"] {
            #expect { try MappedFile(path: path, maximumBytes: 1 << 20) } throws: {
                "\($0)".contains("is not a regular file")
            }
        }
    }

    @Test func aMissingFileIsAnError() {
        #expect { try MappedFile(path: "/nowhere/model.onnx", maximumBytes: 1) } throws: {
            ($0 as? GraphError)?.code == .io && "\($0)".contains("No such file")
        }
    }

    @Test func aFileOverTheLimitIsNotMapped() throws {
        let size = try Fixture.mlp.bytes().count
        #expect(try MappedFile(path: Fixture.mlp.path, maximumBytes: size).count == size)
        #expect { try MappedFile(path: Fixture.mlp.path, maximumBytes: size - 1) } throws: {
            ($0 as? GraphError)?.code == .limitExceeded
        }
    }

    @Test func anEmptyFileIsEmpty() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/empty"
        close(open(path, O_CREAT | O_WRONLY, 0o600))
        #expect(try MappedFile(path: path, maximumBytes: 1).buffer.capacity == 0)
    }

    @Test func aViewKeepsTheMapAlive() throws {
        let view = try ByteView(MappedFile(path: Fixture.mlp.path, maximumBytes: 1 << 20).buffer)
        #expect(try view.array == Fixture.mlp.bytes())
    }

    @Test func aFailedWriteLeavesNothingBehind() throws {
        let folder = try TemporaryFolder()
        let model = try Fixture.mlp.model()
        #expect(throws: GraphError.self) { try model.write(to: "\(folder.path)/missing/model.onnx") }
        // The name is taken by a folder: the rename fails after everything was written.
        try #require(mkdir("\(folder.path)/taken", 0o700) == 0)
        #expect(throws: GraphError.self) { try model.write(to: "\(folder.path)/taken") }
        #expect(try folder.names() == ["taken"])
    }
}
