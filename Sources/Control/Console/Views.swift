import Home

/// What the templates show: text that is ready to print, nothing to compute. Property names are the templates' tags; each
/// page's own are in its file.
enum Views {
    /// What every page has around its content.
    struct Frame {
        var title: String
        var version: String
        var uptime: String
        var dataPlane: String
        var onOverview = false
        var onModels = false
        var onHistory = false
        var onAlerts = false
        var onTokens = false
        var onDoctor = false
        /// The way to this page; empty where it is one of the navigation's own.
        var crumbs: [Link] = []
        /// Pages about the same thing.
        var tabs: [Link] = []
        var hasTabs = false
        var notice: String?
        var noticeIsBad = false
        /// Whether there is nothing to go to: nobody is signed in.
        var isClosed = false
        /// Whether pages for administrators are among the navigation's.
        var isAdministrator = false
        /// Who is looking, and what he may do; `nil` where nobody is asked.
        var who: String?
        var role: String?
        /// The anti-forgery token of the form that signs out; `nil` for whoever is not signed in.
        var signOut: String?
    }

    struct Link {
        var name: String
        var path: String
        var isHere = false
    }

    /// A time, for programs and for people.
    struct Moment {
        var iso: String
        var shown: String

        init(_ timestamp: Timestamp) {
            iso = timestamp.description
            let (date, time) = (iso.prefix(10), iso.dropFirst(11).prefix(8))
            shown = "\(date) \(time) UTC"
        }
    }

    struct Fact {
        var name: String
        var value: String
    }

    /// A word with its colour; `style` is `good`, `warn`, `bad` or empty.
    struct Pill {
        var text: String
        var style: String
        var path: String?
    }

    /// A form with one button.
    struct Act {
        var path: String
        /// The field `action`, where the path serves several.
        var action: String?
        var label: String
        /// What is asked before it is sent.
        var question: String
        var isDanger = false
        /// What the label leaves to the eye, said to those who do not see it.
        var about: String?
        /// The anti-forgery token of this page's forms.
        var token: String
    }

    /// One thing in a chart, with its colour.
    struct Key {
        var style: String
        var name: String
        var value: String?
    }
}
