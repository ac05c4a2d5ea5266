/// Every error code that the command line can end with, explained. A test compares it with the sources.
enum ErrorCatalog {
    /// By code.
    static let pages: [ErrorPage] =
        (values + converting + engines + home + seals + registry + distribution + platforms + releases + workshop
        + scoring + scans + houses + servers
        + own)
        .sorted {
            $0.code < $1.code
        }

    /// Finds a page by what a person types: `SW4003`, `sw4003` or `4003`.
    static func page(_ text: String) -> ErrorPage? {
        guard let code = Int(digits(text)) else { return nil }
        return pages.first { $0.code == code }
    }

    /// Codes that were perhaps meant: those one slip away, else those of the same hundred, else of the same room.
    static func near(_ text: String) -> [ErrorPage] {
        let typed = digits(text)
        let slips = pages.filter { Suggestions.distance(String($0.code), typed) <= 1 }
        if !slips.isEmpty { return Array(slips.prefix(5)) }
        for length in [2, 1] where typed.count >= length {
            let siblings = pages.filter { String($0.code).prefix(length) == typed.prefix(length) }
            if !siblings.isEmpty { return Array(siblings.prefix(5)) }
        }
        return []
    }

    private static func digits(_ text: String) -> String {
        text.uppercased().hasPrefix("SW") ? String(text.dropFirst(2)) : text
    }
}
