import Home

/// What the templates show: text that is ready to print, nothing to compute. Property names are the templates' tags.
enum Views {
    /// What every page has around its content.
    struct Frame {
        var title: String
        var version: String
        var uptime: String
        var dataPlane: String
        var onOverview = false
        var onModels = false
        var notice: String?
        var noticeIsBad = false
    }

    struct Arm {
        var model: String
        var number: String
        var reference: String
        /// `90 %`.
        var weight: String
        /// Where the arm's part of the bar begins and how wide it is, of 100.
        var start: String
        var share: String
        /// `stable` or `canary`.
        var role: String
        var isCanary: Bool
        var accuracy: String?
    }

    struct Endpoint {
        var name: String
        var health: String
        var healthClass: String
        var arms: [Arm]
        var splitText: String
        var rate: String
        var errors: String
        var p50: String
        var p99: String
        var inFlight: String
        var total: String
        var revision: String
        var lastChange: String
        var lastChangeAge: String
        var canRollBack: Bool
        var rollbackTarget: String
        var canPromote: Bool
        var promoteTarget: String
        /// The anti-forgery token of this page's forms.
        var token: String
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

    struct Revision {
        var number: String
        var isCurrent: Bool
        var what: String
        var traffic: String
        var outcome: String
        var outcomeClass: String
        var reason: String?
        var at: Moment
    }

    struct Input {
        var index: String
        var name: String
        var type: String
        var shape: String
        var value: String
        var hint: String
        /// Whether the numbers are the pixels of an image that can be drawn.
        var isImage: Bool
        var columns: String
        var rows: String
        var maximum: String
    }

    struct Bar {
        var label: String
        var value: String
        /// Of 100.
        var width: String
    }

    struct Output {
        var name: String
        var type: String
        var shape: String
        var text: String
        var bars: [Bar]
        /// Stored, because templates see stored properties only.
        var hasBars: Bool
    }

    struct Answer {
        var answered: Bool
        var headline: String?
        var outputs: [Output]
        var servedBy: String
        var took: String
        var problem: String?

        static let none = Answer(answered: false, headline: nil, outputs: [], servedBy: "", took: "", problem: nil)
    }

    struct Version {
        var model: String
        var number: String
        var reference: String
        var digest: String
        var aliases: String
        var accuracy: String
        var size: String
        var at: Moment
        var note: String
    }

    struct Model {
        var name: String
        /// Where the page with the versions before these is.
        var older: String?
        var versions: [Version]
    }

    struct Tensor {
        var direction: String
        var name: String
        var type: String
        var shape: String
    }

    struct Fact {
        var name: String
        var value: String
    }

    struct ConfusionRow {
        var name: String
        var cells: [String]
    }

    struct Confusion {
        var headings: [String]
        var rows: [ConfusionRow]
    }

    struct VersionDetail {
        var reference: String
        var digest: String
        var note: String?
        var tensors: [Tensor]
        var facts: [Fact]
    }
}
