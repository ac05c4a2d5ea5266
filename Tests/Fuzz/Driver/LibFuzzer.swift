import Glibc

/// The parser under test, from the environment: one binary, one target for each run.
private let target: FuzzTarget = {
    guard let name = getenv("SLIPWAY_FUZZ_TARGET"), let target = FuzzTarget(rawValue: String(cString: name)) else {
        perror("SLIPWAY_FUZZ_TARGET names no target")
        exit(64)
    }
    return target
}()

/// libFuzzer's entry. Source: LLVM, "libFuzzer – a library for coverage-guided fuzz testing", Fuzz Target.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    target.exercise([UInt8](UnsafeBufferPointer(start: data, count: size)))
    return 0
}
