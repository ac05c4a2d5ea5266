import Pickle
import Tensors
import Testing

/// The stack machine, by small pickles written out by hand.
@Suite struct PickleMachineTests {
    static func bytes(_ parts: [UInt8]...) -> PickleBytes { PickleBytes(copying: parts.flatMap { $0 }) }
    static func text(_ text: String) -> [UInt8] { Array(text.utf8) }

    static func stream(_ parts: [UInt8]...) -> PickleStream {
        PickleStream(PickleBytes(copying: parts.flatMap { $0 }))
    }

    @Test(arguments: [
        ("I42\n.", 42), ("I-7\n.", -7), ("L99L\n.", 99), ("K\u{05}.", 5), ("M\u{01}\u{02}.", 513), ("I01\n.", 1),
    ])
    func wholeNumbersAreRead(_ source: String, _ expected: Int) {
        #expect(Self.stream(Self.text(source)).document?.view.integer == expected)
    }

    @Test(
        arguments: [
            ([0x8A, 0x00], 0), ([0x8A, 0x01, 0xFF], -1), ([0x8A, 0x02, 0x00, 0x80], -32768), ([0x8A, 0x01, 0x7F], 127),
            ([0x4A, 0xFF, 0xFF, 0xFF, 0xFF], -1),
        ] as [([UInt8], Int)])
    func binaryIntegersAreTwosComplement(_ source: [UInt8], _ expected: Int) {
        #expect(Self.stream([0x80, 2], source, [0x2E]).document?.view.integer == expected)
    }

    @Test(arguments: [
        ("F1.5\n.", 1.5), ("Finf\n.", .infinity), ("G\u{3f}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}.", 3.0517578125e-05),
    ])
    func realsAreRead(_ source: String, _ expected: Double) {
        #expect(Self.stream(Self.text(source)).document?.view.real == expected)
    }

    @Test func textOfEveryProtocolIsRead() {
        for source in ["S'a\\nb'\np0\n.", "V\\u0061\\u000ab\np0\n.", "X\u{3}\u{0}\u{0}\u{0}a\nb.", "U\u{3}a\nb."] {
            #expect(Self.stream(Self.text(source)).document?.view.text == "a\nb", "\(source)")
        }
    }

    @Test func aListThatHoldsItselfIsRead() throws {
        // l = []; l.append(l)
        let document = try #require(Self.stream(Self.text("(lp0\ng0\na.")).document)
        let inner = try #require(document.view.items?.first)
        #expect(inner.items?.count == 1)
    }

    @Test func whatWouldBeCalledIsNamedAndNothingIsCalled() throws {
        let stream = Self.stream(Self.text("cos\nsystem\n(S'touch /tmp/slipway-canary'\ntR."))
        let use = try #require(stream.globals.first)
        #expect(use.fullName == "os.system" && use.isCalled && use.position == 0)
        #expect(use.verdict.reason != nil)
    }

    @Test(arguments: [
        // STACK_GLOBAL with names from the memo.
        "\u{80}\u{4}",
        // Whatever comes before.
        "\u{80}\u{2}]q\u{0}0",
    ])
    func anIndirectNameIsSeen(_ start: String) throws {
        let start = start.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
        let stream = Self.stream(
            start, [0x8C, 2], Self.text("os"), [0x94, 0x8C, 6], Self.text("system"), [0x94, 0x30, 0x30],
            [0x68, start.count > 2 ? 1 : 0, 0x68, start.count > 2 ? 2 : 1, 0x93, 0x2E])
        #expect(stream.globals.map(\.fullName) == ["os.system"])
    }

    @Test func aNameThatIsMadeWhileItIsReadIsDangerous() {
        // str('os') as the module.
        let stream = Self.stream(
            Self.text("cbuiltins\nstr\n(S'os'\ntR"), [0x8C, 6], Self.text("system"), [0x93, 0x2E])
        #expect(stream.globals.contains { $0.name == "system" && $0.verdict.reason != nil })
    }

    /// What was met before the fault counts: Python would have run it.
    @Test(arguments: ["", "K", "\u{FF}", "N0", "g7\n.", "(K\u{1}", "."])
    func aBrokenStreamStillTellsItsNames(_ rest: String) {
        let stream = Self.stream(Self.text("cos\nsystem\n(tR0" + rest))
        #expect(stream.document == nil && stream.fault != nil)
        #expect(stream.globals.map(\.fullName) == ["os.system"])
    }

    @Test(
        arguments: [
            ([0x80, 6, 0x4E, 0x2E], "protocol 6"), ([0x80], "expected 1 more"), ([0x94, 0x2E], "on the stack"),
            ([0x58, 0xFF, 0xFF, 0xFF, 0xFF, 0x2E], "more bytes"),
            ([0x8D, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x2E], "beyond any file"),
            ([0x95, 9, 0, 0, 0, 0, 0, 0, 0, 0x2E], "frame of 9 bytes"), ([0x65, 0x2E], "open mark"),
            ([0x28, 0x4E, 0x64, 0x2E], "odd number"), ([0x4E, 0x4E, 0x61, 0x2E], "appended"), ([0x09], "no opcode"),
        ] as [([UInt8], String)])
    func brokenStreamsAreRefused(_ source: [UInt8], _ words: String) {
        let fault = Self.stream(source).fault
        #expect(fault?.message.contains(words) == true, "\(fault?.message ?? "none")")
    }

    @Test func limitsHold() {
        var limits = PickleLimits()
        limits.values = 100
        let many = PickleStream(PickleBytes(copying: [UInt8](repeating: 0x4E, count: 200) + [0x2E]), limits: limits)
        #expect(many.fault?.code == .tooLarge)
        limits.marks = 10
        let marks = PickleStream(PickleBytes(copying: [UInt8](repeating: 0x28, count: 200) + [0x2E]), limits: limits)
        #expect(marks.fault?.code == .tooLarge)
        limits.memo = 2
        let memo = PickleStream(
            PickleBytes(copying: Self.text("Np1\np2\np3\n.")), limits: limits)
        #expect(memo.fault?.code == .tooLarge)
    }

    /// A tuple of a tuple of a tuple, a million deep, costs no stack.
    @Test func depthIsHarmless() {
        let count = 1_000_000
        var source: [UInt8] = [0x29]
        source += [UInt8](repeating: 0x85, count: count)
        let stream = PickleStream(PickleBytes(copying: source + [0x2E]))
        #expect(stream.document?.view.items?.count == 1)
    }
}
