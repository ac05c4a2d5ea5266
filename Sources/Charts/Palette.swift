/// The colours of everything that Slipway draws in a browser: the console, and pages that are files.
///
/// Text has a contrast of at least 4.5 to 1 on `--card` and `--ground`, marks of at least 3 to 1 on `--card` (WCAG 2.2, 1.4.3
/// and 1.4.11).
package enum Palette {
    /// Declarations for a light ground.
    package static let light = """
        --ground: #f6f7f9; --card: #ffffff; --ink: #16202b; --soft: #566372; --line: #dfe4ea;
        --sea: #0b5c8a; --sea-soft: #d6e9f4; --good: #1c6b3a; --good-soft: #dcf2e3;
        --warn: #8a5300; --warn-soft: #fdf0d5; --bad: #a3212b; --bad-soft: #fbe1e3;
        """

    /// Declarations for a dark one.
    package static let dark = """
        --ground: #10161c; --card: #18212a; --ink: #e8edf2; --soft: #9fb0c0; --line: #2b3742;
        --sea: #6db9e8; --sea-soft: #17384d; --good: #7ed49a; --good-soft: #17341f;
        --warn: #f0bf6a; --warn-soft: #3a2c10; --bad: #f29aa1; --bad-soft: #431a1e;
        """

    /// What a chart needs beside them: `--mark` for what is meant, `--before` for what it is compared with, and six kinds of
    /// things that add up.
    package static let chartsLight = """
        --mark: #b8430b; --before: #8592a1; --kind-0: #0b5c8a; --kind-1: #b8430b; --kind-2: #4d7d2b; --kind-3: #7b52a8;
        --kind-4: #9a6a00; --kind-5: #7a8794;
        """

    package static let chartsDark = """
        --mark: #ff9d5c; --before: #72859a; --kind-0: #6db9e8; --kind-1: #ff9d5c; --kind-2: #9ac873; --kind-3: #b99ae0;
        --kind-4: #e0b040; --kind-5: #8494a5;
        """
}
