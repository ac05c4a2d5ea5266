import ModelGraph
import Tensors
import Testing

@testable import TensorFlow

/// FlatBuffers that lie: about where things are, how many there are, and what reading them costs.
@Suite struct FlatAttackTests {
    /// A file of 32-bit words; the second is the identifier.
    private static func file(_ words: [UInt32], tail: [UInt8] = []) -> TensorBuffer {
        ByteView(copying: words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } } + tail)
            .buffer
    }

    private static let identifier: UInt32 = 0x334c_4654

    /// A root table at byte 24 whose form has two fields: the version, and what `second` refers to.
    private static func table(_ second: UInt32, form: UInt32 = 0x000c_0008, fields: UInt32 = 0x0008_0004) -> [UInt32] {
        // Root, identifier, form (size 8, table 12; fields at 4 and 8), padding, table: form 16 bytes back, 3, second.
        [24, identifier, form, fields, 0, 0, 16, 3, second]
    }

    static let attacks: [(name: String, words: [UInt32], says: String)] = [
        ("too short", [8, identifier], "no FlatBuffer"),
        ("another identifier", [8, 0x3446_4654, 0, 0], "identifier"),
        ("a root outside", [1 << 30, identifier, 0, 0], "outside of the file"),
        ("a root before the beginning", [0xffff_fff0, identifier, 0, 0], "outside of the file"),
        ("a root that is itself", [0, identifier, 0, 0], "outside of the file"),
        ("a root that is not aligned", [9, identifier, 0, 0, 0], "aligned"),
        ("a form before the beginning", [8, identifier, 1 << 20, 0], "beyond the file"),
        ("a form behind the end", [8, identifier, 0x8000_0000, 0], "beyond the file"),
        ("a form of an odd size", table(4, form: 0x000c_0007), "a form of 7"),
        ("a form smaller than its head", table(4, form: 0x000c_0002), "a form of 2"),
        ("a form larger than the file", table(4, form: 0x000c_fffe), "beyond the file"),
        ("a table larger than the file", table(4, form: 0xfffc_0008), "beyond the file"),
        ("a table smaller than its head", table(4, form: 0x0000_0008), "a form of 8"),
        ("a field outside of its table", table(4, fields: 0x000c_0004), "outside of its table"),
        ("a field on the table's head", table(4, fields: 0x0002_0004), "outside of its table"),
        ("a field that is not aligned", table(4, fields: 0x0007_0004), "aligned"),
        ("a vector outside", table(1 << 20), "outside of the file"),
        ("a vector of more than there is", table(4) + [0x4000_0000, 0], "end beyond the file"),
        ("a vector whose length wraps around", table(4) + [0xffff_ffff, 0], "end beyond the file"),
        ("a vector that is cut short", table(4) + [1], "end beyond the file"),
        ("a table in a vector that is outside", table(4) + [1, 1 << 30], "outside of the file"),
        ("a table in a vector that is the vector", table(4) + [1, 0], "outside of the file"),
        ("another version of the schema", [24, identifier, 0x000c_0008, 0x0008_0004, 0, 0, 16, 2, 4], "version 2"),
    ]

    @Test(arguments: attacks.map(\.name))
    func aLieIsNamed(_ name: String) throws {
        let attack = try #require(Self.attacks.first { $0.name == name })
        let buffer = Self.file(attack.words)
        do throws(TensorFlowError) {
            _ = try LiteFile(buffer)
            Issue.record("\(name) was read")
        } catch {
            #expect(error.message.contains(attack.says), "\(name): \(error)")
        }
    }

    /// A vector that names one table a million times costs what a million tables cost, and no more is paid.
    @Test func oneTableCannotBeReadWithoutEnd() throws {
        let count = 200_000
        // All references lead to the table behind the vector, of which the form is the root's.
        var words = Self.table(4) + [UInt32(count)]
        let end = (words.count + count) * 4
        for index in 0..<count { words.append(UInt32(end - (words.count - index) * 4 - index * 4)) }
        words += [UInt32(end - 8), 0, 0]
        let bytes = FlatBytes(Self.file(words), allowance: 1 << 20)
        do throws(TensorFlowError) {
            let root = try FlatTable(root: bytes, identifier: "TFL3")
            _ = try root.tables(1, "operator code")
            Issue.record("was read")
        } catch {
            #expect(error.isLimit, "\(error)")
        }
    }

    /// A text without its zero, and one that is no UTF-8.
    @Test(arguments: [[3, 0, 0, 0, 97, 98, 99, 1], [3, 0, 0, 0, 0xff, 98, 99, 0]] as [[UInt8]])
    func aTextThatIsNoneIsRefused(_ tail: [UInt8]) throws {
        let bytes = FlatBytes(Self.file(Self.table(4), tail: tail))
        #expect(throws: TensorFlowError.self) { try FlatTable(root: bytes, identifier: "TFL3").text(1) }
    }

    /// A damaged example is an error or a model, never a trap: each of its words is set to what hurts most.
    @Test(arguments: [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff] as [UInt32])
    func everyWordOfAFileMayBeWrong(_ word: UInt32) throws {
        let examples = try Examples()
        let original = try MappedFile(path: "\(examples.folder)/toolbox.tflite", maximumBytes: 1 << 20)
        let bytes = Array(original.buffer.bytes)
        var refused = 0
        for place in stride(from: 0, to: bytes.count - 3, by: 4) {
            var damaged = bytes
            for byte in 0..<4 { damaged[place + byte] = UInt8(truncatingIfNeeded: word >> (8 * byte)) }
            do throws(TensorFlowError) {
                _ = try TFLiteConversion.convert(try LiteFile(ByteView(copying: damaged).buffer))
            } catch {
                refused += 1
            }
        }
        #expect(refused > 100)
    }
}
