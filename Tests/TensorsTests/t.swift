import Testing
@testable import Tensors
@Test func x() throws { #expect(try Shape([2,3]).elementCount == 6) }
