import Glibc
import Trust

/// Whom a numeric address can reach.
///
/// Source: IANA's registries of special-purpose addresses for IPv4 and IPv6 (RFC 6890), and the addresses at which
/// clouds tell a machine its secrets.
enum AddressReach: Hashable {
    /// Everybody.
    case global
    /// A network of somebody's own, or one that is reserved.
    case own
    /// This machine.
    case machine
    /// Where a cloud tells a machine its secrets, and whatever needs no router.
    case secrets
    /// No single machine: an address to listen at, or to speak to many at once.
    case nobody

    /// - Parameter text: an address as `HostAddress` spells it; `nil` for what is none.
    init?(_ text: String) {
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            self = Self.version4(withUnsafeBytes(of: &four) { Array($0) })
            return
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        self = Self.version6(withUnsafeBytes(of: &six) { Array($0) })
    }

    /// Beginnings of addresses, in bits; the first that fits counts.
    private static let version4Ranges: [(bytes: [UInt8], bits: Int, reach: AddressReach)] = [
        ([0], 8, .nobody), ([127], 8, .machine), ([169, 254], 16, .secrets), ([100, 100, 100, 200], 32, .secrets),
        ([168, 63, 129, 16], 32, .secrets), ([10], 8, .own), ([100, 64], 10, .own), ([172, 16], 12, .own),
        ([192, 168], 16, .own), ([192, 0, 0], 24, .own), ([192, 0, 2], 24, .own), ([192, 88, 99], 24, .own),
        ([198, 18], 15, .own), ([198, 51, 100], 24, .own), ([203, 0, 113], 24, .own), ([224], 4, .nobody),
        ([240], 4, .nobody),
    ]

    private static let version6Ranges: [(bytes: [UInt8], bits: Int, reach: AddressReach)] = [
        ([0xfd, 0, 0x0e, 0xc2], 32, .secrets), ([0xfd, 0x20, 0, 0xce], 32, .secrets), ([0xfe, 0x80], 10, .secrets),
        ([0xfc], 7, .own), ([0xfe, 0xc0], 10, .own), ([0xff], 8, .nobody), ([0x20, 0x01, 0x0d, 0xb8], 32, .own),
        ([0x20, 0x01, 0], 23, .own), ([0x01, 0], 8, .own), ([0x3f, 0xff, 0], 20, .own),
    ]

    private static func version4(_ bytes: [UInt8]) -> AddressReach {
        version4Ranges.first { begins(bytes, with: $0.bytes, bits: $0.bits) }?.reach ?? .global
    }

    private static func version6(_ bytes: [UInt8]) -> AddressReach {
        if bytes.dropLast().allSatisfy({ $0 == 0 }) {
            return bytes[15] == 0 ? .nobody : bytes[15] == 1 ? .machine : .own
        }
        if let inner = embedded(bytes) { return version4(inner) }
        return version6Ranges.first { begins(bytes, with: $0.bytes, bits: $0.bits) }?.reach ?? .global
    }

    /// The IPv4 address within one that stands for it: mapped, compatible, translated (RFC 6052) or 6to4 (RFC 3056).
    private static func embedded(_ bytes: [UInt8]) -> [UInt8]? {
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
        let translated: [UInt8] = [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0]
        if bytes.starts(with: mapped) || bytes.starts(with: translated) || bytes.prefix(12).allSatisfy({ $0 == 0 }) {
            return Array(bytes[12...])
        }
        return bytes.starts(with: [0x20, 0x02]) ? Array(bytes[2..<6]) : nil
    }

    private static func begins(_ bytes: [UInt8], with range: [UInt8], bits: Int) -> Bool {
        for bit in 0..<bits {
            let mask: UInt8 = 0x80 >> UInt8(bit % 8)
            let wanted = bit / 8 < range.count ? range[bit / 8] & mask : 0
            if bytes[bit / 8] & mask != wanted { return false }
        }
        return true
    }
}
