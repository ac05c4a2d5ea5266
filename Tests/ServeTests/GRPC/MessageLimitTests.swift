import NIOCore
import Tensors
import Testing

@testable import Serve

/// What a message may hold is known before it is held.
@Suite struct MessageLimits {
    @Test func aMessageTakesNoMoreThanItSaid() throws {
        let pool = BufferPool(budget: 1 << 20)
        for first in [3, 4] {
            var message = MessageBytes(pool: pool, length: 4)
            try message.append(ByteBuffer(repeating: 1, count: first))
            #expect(throws: RequestFault.self) { try message.append(ByteBuffer(repeating: 1, count: 2)) }
            #expect(message.count == first)
        }
    }

    @Test(arguments: [ElementType.bool, .int8, .int32, .int64, .uint8, .uint64, .float32, .float64, .string])
    func typedElementsAreNoLongerThanTheirBound(type: ElementType) throws {
        let count = 100
        let tensor: Tensor
        if type == .string {
            let words = (0..<count).map { String(repeating: "a", count: $0 * 3) }
            tensor = try Tensor(Shape([count]), strings: StringElements(words))
        } else {
            // All bits set: the longest numbers there are.
            let buffer = TensorBuffer(capacity: count * type.bitWidth / 8)
            buffer.mutableBytes.initializeMemory(as: UInt8.self, repeating: 0xFF)
            tensor = try Tensor(type, Shape([count]), buffer: buffer)
        }
        var writer = ProtoWriter()
        writer.contents(tensor)
        #expect(writer.bytes.count > count && writer.bytes.count <= TypedContents.bound(tensor))
    }
}
