import Testing

@testable import Control

@Suite struct FormBodyTests {
    @Test(
        arguments: [
            ("a=1", "1"), ("a=1&b=2", "1"), ("b=2&a=1", "1"), ("a=1&a=2", "2"), ("a", ""), ("a=", ""), ("a=b=c", "b=c"),
            ("a=b+c", "b c"), ("a=b%20c", "b c"), ("a=%2B", "+"), ("a=%c3%A4", "ä"), ("%61=1", "1"),
            ("a=%0D%0A", "\r\n"),
            // What is no escape stays as it is.
            ("a=%", "%"), ("a=%4", "%4"), ("a=%zz", "%zz"), ("a=100%", "100%"), ("a=%+1", "% 1"), ("a=%-1", "%-1"),
            // Bytes that are no UTF-8 are repaired.
            ("a=%ff", "\u{FFFD}"), ("&&a=1&&", "1"), ("", nil), ("A=1", nil), ("=1", nil),
        ] as [(String, String?)]) func fieldsAreDecoded(body: String, value: String?)
    {
        #expect(FormBody(Array(body.utf8))["a"] == value)
    }
}
