extension ErrorCatalog {
    /// Push and pull, and what is fetched from an address.
    static let distribution = [
        ErrorPage(
            6301, "The address or an option of push, pull or import cannot be",
            "It breaks a rule of such addresses, or could mean several things. Nothing was sent.",
            causes: ["no registry before the repository", "several tags and none chosen", "a password that is empty"],
            remedies: [
                "write REGISTRY/REPOSITORY:TAG, such as registry.example/team/digits:3",
                "for import: https://HOST/FILE, s3://BUCKET/KEY or oci://REGISTRY/REPOSITORY:TAG",
            ],
            example: """
                $ slipway pull registry.example/team/digits
                error[SW6301]: registry.example/team/digits has 2 tags: which one is meant?
                   help: there are 2, 3
                """),
        ErrorPage(
            6302, "The registry, server or bucket has nothing of this name",
            "It answered, and knows no such repository, tag or digest; some say so of what one may not see.",
            causes: ["a misspelt repository or tag", "nothing was pushed there yet", "credentials that see less"],
            remedies: ["check the name", "log in, or give --username NAME --password-stdin"],
            example: """
                $ slipway pull registry.example/team/digist:3
                error[SW6302]: https://registry.example answered 404 to the manifest
                   help: check the name of the repository
                """),
        ErrorPage(
            6303, "The registry, server or bucket does not let you",
            "It wants credentials, does not accept those it got, or they do not cover this repository.",
            causes: [
                "no login", "a password that is out of date", "read access where pushing was asked for",
                "a token service on another host, which is not told the password",
            ],
            remedies: [
                "give --username NAME --password-stdin, or log in with docker or podman",
                "for a bucket: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile with --s3-profile",
                "where the token service is right, name it with --token-host",
            ],
            example: """
                $ slipway push digits:3 registry.example/team/digits
                error[SW6303]: https://registry.example wants credentials
                   help: give --username NAME --password-stdin, or log in with docker or podman
                """),
        ErrorPage(
            6304, "The tag names something else, or another process is at the same work",
            "A tag that names another version is not moved silently, and one blob is fetched by one process at a time.",
            causes: ["the tag was pushed from another home", "two pulls of the same version at once"],
            remedies: ["choose another tag", "move it on purpose with --force", "wait for the other process"],
            example: """
                $ slipway push digits:3 registry.example/team/digits:prod
                error[SW6304]: the tag 'prod' names another version
                   help: choose another tag, or move it with --force
                """),
        ErrorPage(
            6305, "The registry or server cannot be reached or is out of order",
            "Connections that break and answers that say \"later\" are tried again with growing pauses, and then given up.",
            causes: ["a wrong host or port", "no network", "a registry that is overloaded or being restarted"],
            remedies: ["try again later: what has been transferred is kept", "check the address"],
            example: """
                $ slipway push digits:3 registry.example/team/digits
                error[SW6305]: no connection to https://registry.example: connection refused
                   help: try again later; what has been transferred is kept
                """),
        ErrorPage(
            6306, "The other side is not trusted",
            """
            Its certificate does not hold, or it sends us somewhere we do not go: to an address without encryption, to \
            this machine, to where a cloud keeps secrets.
            """,
            causes: [
                "a private certificate authority", "a wrong name in the address", "a registry set up wrongly",
                "an address of a private network, or a redirect to one",
            ],
            remedies: [
                "trust a private authority with --ca FILE", "ask the registry's owner to put it right",
                "where a private address is meant, import with --allow-private",
            ],
            example: """
                $ slipway pull registry.example/team/digits:3
                error[SW6306]: https://registry.example could not prove who it is
                   help: check the name; trust a private authority with --ca FILE
                """),
        ErrorPage(
            6307, "The package is of a kind that is not taken",
            "It is well formed, and holds no model that can be served from here.",
            causes: ["a container image", "files packed as tar archives", "parts that are kept on other hosts"],
            remedies: ["pull its files with the tool that pushed them, then: slipway import FILE"],
            example: """
                $ slipway pull registry.example/library/debian:12
                error[SW6307]: the manifest is that of a container image, not of a model
                """),
        ErrorPage(
            6308, "What came is not what was promised",
            """
            Every byte is compared with its digest and size before anything gets a name, and the graph with what the \
            package says of it. Nothing of it is kept.
            """,
            causes: ["a damaged registry or proxy", "a package that was made wrong, or tampered with"],
            remedies: ["pull again", "ask who pushed it"],
            example: """
                $ slipway pull registry.example/team/digits:3
                error[SW6308]: blob sha256:3b2e… has other bytes than its digest says
                """),
        ErrorPage(
            6309, "The disk is full while a version is fetched",
            "What was fetched so far is kept in the home's temporary directory, and a later pull goes on with it.",
            causes: ["a model larger than the space that is left"],
            remedies: ["see what can go: slipway gc --dry-run", "choose a home on a larger disk with --home"],
            example: """
                $ slipway pull registry.example/team/digits:3
                error[SW6309]: 98000000 bytes are to be fetched, and 20480000 are free
                   help: free some space, or choose another home with --home
                """),
        ErrorPage(
            6310, "The transfer failed",
            "A part is larger than is accepted, or a file of the home could not be read or written.",
            causes: [
                "a manifest of more than 4 MiB", "a file larger than --max-size",
                "files of the home that belong to somebody else",
            ],
            remedies: ["look at the home with: slipway doctor"],
            example: """
                $ slipway pull registry.example/team/digits:3
                error[SW6310]: the manifest is larger than the 4194304 bytes that are accepted
                """),
    ]
}
