import Tensors
import Trust

/// How an image is to be run.
///
/// Source: OCI Image Specification 1.1, "Image Configuration"; `Healthcheck` is Docker's, who reads it there.
struct ImageConfiguration {
    var architecture: Architecture
    var command: [String]
    var port: Int
    /// Key and value, in order.
    var labels: [(String, String)]

    /// The configuration's bytes; it tells no time.
    func encoded(_ layers: [PackedLayer]) -> [UInt8] {
        let bin = "/" + ImageContents.directory(of: ImageContents.Place.program)
        let program = "/" + ImageContents.Place.program
        let config = JSONValue.object([
            ("Cmd", .array(command.map(JSONValue.string))), ("Entrypoint", .array([.string(program)])),
            (
                "Env",
                .array([
                    .string("PATH=\(bin)"), .string("SLIPWAY_ENGINES=/\(ImageContents.Place.engines)"),
                    "SLIPWAY_HOME=/tmp/slipway", "HOME=/tmp",
                ])
            ),
            ("ExposedPorts", .object([("\(port)/tcp", JSONValue.object([(String, JSONValue)]()))])),
            (
                "Healthcheck",
                .object([
                    ("Interval", 10_000_000_000), ("Retries", 3), ("StartPeriod", 60_000_000_000),
                    ("Test", .array(["CMD", .string(program), "ping", .string("http://127.0.0.1:\(port)")])),
                    ("Timeout", 5_000_000_000),
                ])
            ),
            ("Labels", .object(labels.map { ($0.0, .string($0.1)) })), ("StopSignal", "SIGTERM"),
            ("User", .string("\(ImageContents.user):\(ImageContents.user)")), ("WorkingDir", "/tmp"),
        ])
        return JSONValue.object([
            ("architecture", .string(architecture.imageName)), ("config", config),
            (
                "history",
                .array(layers.map { .object([("created_by", .string("slipway package: \($0.title)"))]) })
            ),
            ("os", "linux"),
            (
                "rootfs",
                .object([
                    ("diff_ids", .array(layers.map { .string($0.diffID.description) })), ("type", "layers"),
                ])
            ),
        ]).encoded(sortedKeys: true)
    }
}
