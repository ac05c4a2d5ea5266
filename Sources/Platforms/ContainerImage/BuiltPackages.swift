/// The Swift packages that the program is built from, with their versions. `scripts/packages` writes it.
enum BuiltPackages {
    static let all: [(name: String, version: String, place: String)] = [
        (
            "async-http-client", "1.37.0",
            "git+https://github.com/swift-server/async-http-client@3665dee56525b865b786d538c567648b76899fc7"
        ),
        (
            "grdb.swift", "7.10.0",
            "git+https://github.com/groue/GRDB.swift@a60dcff33d97a98b21425f1894587145d3efda50"
        ),
        (
            "hummingbird", "2.28.1",
            "git+https://github.com/hummingbird-project/hummingbird@26726d0d184fa595ab671bc762836684d9d6d3ea"
        ),
        (
            "swift-algorithms", "1.2.1",
            "git+https://github.com/apple/swift-algorithms.git@0f7a7a1376bd37a3474591497430631c7189718d"
        ),
        (
            "swift-argument-parser", "1.8.2",
            "git+https://github.com/apple/swift-argument-parser@436bde4bb9489201ca6662f5cf94ec45fa8e244e"
        ),
        (
            "swift-asn1", "1.7.4",
            "git+https://github.com/apple/swift-asn1.git@d619dd5bb47ba9ea182340c612ae38c70c78d97e"
        ),
        (
            "swift-async-algorithms", "1.1.4",
            "git+https://github.com/apple/swift-async-algorithms.git@6d516c3a2b6997945cc435bd8afcd761d748a7b9"
        ),
        (
            "swift-atomics", "1.3.0",
            "git+https://github.com/apple/swift-atomics.git@6c7dbee0cc6840dffa75a29a46834d0714135e93"
        ),
        (
            "swift-certificates", "1.21.1",
            "git+https://github.com/apple/swift-certificates.git@a65fde60dd48d7eb6a427dc0cc23b74bb051360a"
        ),
        (
            "swift-collections", "1.6.0",
            "git+https://github.com/apple/swift-collections.git@b9f4b3586ced378bbddc36a676d2aca082492ed9"
        ),
        (
            "swift-configuration", "1.4.0",
            "git+https://github.com/apple/swift-configuration.git@3bf6ec506fe6e3daeb65f9ddec52e906a255951c"
        ),
        (
            "swift-crypto", "4.5.2",
            "git+https://github.com/apple/swift-crypto@778f0d7e1c5105b97a115198b48b593d214fbcd1"
        ),
        (
            "swift-distributed-tracing", "1.7.3",
            "git+https://github.com/apple/swift-distributed-tracing.git@eb61c2ef0c0a0eb092b8835e1fdabd5aa583c985"
        ),
        (
            "swift-http-structured-headers", "1.7.0",
            "git+https://github.com/apple/swift-http-structured-headers.git@669ed934446c7d7a1489128ec25b043a8969d9ab"
        ),
        (
            "swift-http-types", "1.8.0",
            "git+https://github.com/apple/swift-http-types@c5022b87b2147f8ce312c72ca00ea0b3279ea236"
        ),
        (
            "swift-log", "1.16.2",
            "git+https://github.com/apple/swift-log@c2cb5297956b2a95420f70d1f51e8dc4b4f94708"
        ),
        (
            "swift-metrics", "2.13.0",
            "git+https://github.com/apple/swift-metrics.git@02299eb0b009b1161dfb2a4bf606fd4c67f54310"
        ),
        (
            "swift-mustache", "2.1.1",
            "git+https://github.com/hummingbird-project/swift-mustache@abb2a36166e229dc37517e14cac6cd34b534cb90"
        ),
        (
            "swift-nio", "2.101.2",
            "git+https://github.com/apple/swift-nio@3398e4aaa6104439e99b3a73572f5b272b39e735"
        ),
        (
            "swift-nio-extras", "1.35.2",
            "git+https://github.com/apple/swift-nio-extras.git@07f2c690a470bbe26657270a1649528b612f6fd4"
        ),
        (
            "swift-nio-http2", "1.46.0",
            "git+https://github.com/apple/swift-nio-http2.git@1a3ee02f038410190095431e7fc7cec4f7f37fd2"
        ),
        (
            "swift-nio-ssl", "2.37.6",
            "git+https://github.com/apple/swift-nio-ssl@6a0b72b1711d3852295049005f43632b48a68f84"
        ),
        (
            "swift-nio-transport-services", "1.28.0",
            "git+https://github.com/apple/swift-nio-transport-services.git@b1da444fa5db799b81176ad60366251f2ce1660d"
        ),
        (
            "swift-numerics", "1.1.1",
            "git+https://github.com/apple/swift-numerics.git@b9d67f8a676201a0a12c9ad876a0b50572aaf905"
        ),
        (
            "swift-service-context", "1.5.1",
            "git+https://github.com/apple/swift-service-context.git@8ed580e3cc6a586d7b45e6c8b18af1fc0e6af73c"
        ),
        (
            "swift-service-lifecycle", "2.13.0",
            "git+https://github.com/swift-server/swift-service-lifecycle@965f555e29a4bbd6248008d58d38e5600c8f2436"
        ),
        (
            "swift-subprocess", "1.0.2",
            "git+https://github.com/swiftlang/swift-subprocess@9bd1364dd6602b7729e54067dccc5babf0ced244"
        ),
        (
            "swift-system", "1.8.1",
            "git+https://github.com/apple/swift-system@a7b0cdcbe3928cc5501238df4756be9a5db11b83"
        ),
    ]
}
