import Client
import Glibc
import TestSupport
import Testing

extension EndToEnd {
    /// Rows 2, 3 and 18 of the attack list and fault F26: many clients that take their time, at both ports.
    @Suite
    struct SlowClientTests {
        /// Connections to each port.
        private static let count = 400

        /// What clients send at the beginning, and then again and again.
        private static let drips: [(String, String)] = [
            ("GET /v2 HTTP/1.1\r\nHost: 127.0.0.1\r\n", "X-More: 1\r\n"),
            ("POST /api/v1/endpoints/digits/deploy HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ", "y"), ("G", "E"),
        ]

        @Test
        func headersThatDripAreCutOffAndCostOthersNothing() async throws {
            try Self.allowDescriptors(2 * Self.count + 500)
            let slipway = try await Slipway.withDigits()
            try await slipway.serving { server in
                let attacked = try await AttackedServer(slipway, server)
                try await Self.drip(server)
                try await attacked.expectUnharmed("headers that drip")
                #expect(try await server.controlPlane().request("GET", "/healthz").status == 200)
                try await attacked.expectQuietAgain()
            }
        }

        /// Sends a little now and then until the server has cut off every one.
        private static func drip(_ server: Slipway.Server) async throws {
            var clients: [(connection: RawConnection, more: String)] = []
            for index in 0..<count {
                for port in [server.dataPort, server.controlPort] {
                    let (first, more) = drips[index % drips.count]
                    let connection = try RawConnection(port: port)
                    connection.send(first)
                    clients.append((connection, more))
                }
            }
            try await wait(for: "slow clients to be cut off", atMost: .seconds(60)) {
                for client in clients { client.connection.send(client.more) }
                clients.removeAll { $0.connection.hasEnded }
                try await Task.sleep(for: .milliseconds(200))
                return clients.isEmpty
            }
        }

        /// Clients that connect and are never heard of again hold little, whatever their number.
        @Test
        func clientsThatNeverSpeakHoldLittle() async throws {
            try Self.allowDescriptors(2500)
            let slipway = try await Slipway.withDigits()
            try await slipway.serving { server in
                let attacked = try await AttackedServer(slipway, server)
                var clients = try (0..<2000).map { _ in try RawConnection(port: server.dataPort) }
                #expect(try await server.dataPlane().request("GET", "/v2/health/ready").status == 200)
                try await attacked.expectUnharmed("clients that never speak")
                clients.removeAll()
                try await attacked.expectQuietAgain()
            }
        }

        /// The control plane keeps to its number of connections: what it has open is no more than that.
        @Test
        func theControlPlaneTakesNoMoreConnectionsThanItMay() async throws {
            try Self.allowDescriptors(1500)
            let slipway = try await Slipway.withDigits()
            try await slipway.serving { server in
                let attacked = try await AttackedServer(slipway, server)
                let before = TextFile.list("/proc/\(server.worker)/fd").count
                var clients = try (0..<1000).map { _ in try RawConnection(port: server.controlPort) }
                try await wait(for: "connections beyond the limit to be closed") {
                    TextFile.list("/proc/\(server.worker)/fd").count <= before + 512 + 20
                }
                // The command line is not shut out: it has the socket.
                try await slipway.expect("status")
                clients.removeAll()
                try await attacked.expectQuietAgain()
            }
        }

        /// Raises the limit of this process, whose connections they are; servers started from here get it, too.
        private static func allowDescriptors(_ count: Int) throws {
            var limit = rlimit()
            guard getrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit) == 0 else { return }
            limit.rlim_cur = max(limit.rlim_cur, min(limit.rlim_max, rlim_t(count)))
            guard setrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit) == 0, limit.rlim_cur >= count
            else { throw MissingTool("this process may not open \(count) files: raise the limit with ulimit -n") }
        }
    }
}
