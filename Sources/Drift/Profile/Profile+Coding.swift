extension Profile {
    /// More bytes than any profile has.
    package static let largestEncoding = 4 << 20
    /// `SLDP` and the form's number.
    private static let magic: [UInt8] = [0x53, 0x4C, 0x44, 0x50, 1]

    /// The profile as bytes: one form for one profile, some 2 to 9 kB a feature.
    package var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.append(Self.magic)
        writer.number(rows)
        writer.number(UInt64(layout.sources.count))
        for source in layout.sources {
            writer.text(source.name)
            writer.append([source.role.rawValue, source.kind.rawValue, source.view.rawValue, source.hasClass ? 1 : 0])
            writer.number(UInt64(source.width))
        }
        for sketch in sketches { sketch.write(to: &writer) }
        return writer.bytes
    }

    /// Reads what `encoded` wrote, or what somebody else made of it.
    ///
    /// - Throws: `DriftError.Code.damaged` with the place of the first fault.
    package init(encoded bytes: [UInt8]) throws(DriftError) {
        guard bytes.count <= Self.largestEncoding else {
            throw DriftError(
                .damaged, "a profile of \(bytes.count) bytes; at most \(Self.largestEncoding) are accepted")
        }
        var reader = ByteReader(bytes)
        guard try Array(reader.take(Self.magic.count)) == Self.magic else {
            throw DriftError(.damaged, "expected a profile of form 1, found something else")
        }
        let rows = try reader.number()
        let layout = FeatureLayout(sources: try Self.sources(&reader))
        var sketches: [FeatureSketch] = []
        for feature in layout.features { sketches.append(try FeatureSketch(from: &reader, feature.kind)) }
        guard reader.rest == 0 else { throw reader.fault("\(reader.rest) bytes follow the end") }
        guard sketches.allSatisfy({ $0.count <= rows }) else {
            throw reader.fault("a feature has more values than there are rows")
        }
        self.init(layout: layout, rows: rows, sketches: sketches)
    }

    private static func sources(_ reader: inout ByteReader) throws(DriftError) -> [FeatureLayout.Source] {
        var sources: [FeatureLayout.Source] = []
        var features = 0
        for _ in 0..<(try reader.count(limit: FeatureLayout.mostSources, "tensors")) {
            let name = try reader.text(limit: FeatureLayout.longestName, "a name")
            guard let role = FeatureLayout.Role(rawValue: try reader.byte()),
                let kind = FeatureSketch.Kind(rawValue: try reader.byte()),
                let view = FeatureLayout.View(rawValue: try reader.byte())
            else { throw reader.fault("tensor '\(name)' has an unknown role, kind or view") }
            let hasClass = try reader.byte()
            let width = try reader.count(limit: FeatureLayout.widest, "elements of a row")
            guard hasClass <= 1, width > 0, view == .summary || width <= FeatureLayout.mostElements,
                kind == .number || (view == .elements && hasClass == 0)
            else { throw reader.fault("the features of tensor '\(name)' cannot be") }
            let source = FeatureLayout.Source(
                name: name, role: role, kind: kind, width: width, view: view, hasClass: hasClass == 1)
            features += source.featureCount
            guard features <= FeatureLayout.mostFeatures else {
                throw reader.fault("more than \(FeatureLayout.mostFeatures) features")
            }
            sources.append(source)
        }
        return sources
    }
}

extension FeatureSketch {
    func write(to writer: inout ByteWriter) {
        for figure in [count, missing, outside, moments.count] { writer.number(figure) }
        if moments.count > 0 {
            for figure in [moments.mean, moments.squares, moments.smallest, moments.largest] { writer.double(figure) }
        }
        writer.byte(top.isComplete ? 1 : 0)
        let ranked = top.ranked
        writer.number(UInt64(ranked.count))
        for entry in ranked {
            switch entry.value {
            case .number(let number):
                writer.byte(0)
                writer.double(number)
            case .text(let text):
                writer.byte(1)
                writer.text(text)
            }
            writer.number(entry.count)
            writer.number(entry.excess)
        }
        if kind == .number { quantiles.write(to: &writer) }
        distinct.write(to: &writer)
        for bucket in buckets { writer.number(bucket) }
    }

    init(from reader: inout ByteReader, _ kind: Kind) throws(DriftError) {
        let (count, missing, outside) = (try reader.number(), try reader.number(), try reader.number())
        let present = try reader.number()
        var figures: [Double] = [0, 0, 0, 0]
        if present > 0 { for index in figures.indices { figures[index] = try reader.double() } }
        guard
            let moments = Moments(
                count: present, mean: figures[0], squares: figures[1], smallest: figures[2], largest: figures[3])
                ?? (present == 0 ? Moments() : nil)
        else { throw reader.fault("a feature's mean, variance or range cannot be") }
        let top = try TopValues(from: &reader)
        let quantiles = kind == .number ? try QuantileSketch(from: &reader, count: present) : QuantileSketch()
        let distinct = try DistinctSketch(from: &reader)
        var buckets: [UInt64] = []
        if kind == .category { for _ in 0..<Self.bucketCount { buckets.append(try reader.number()) } }
        guard
            let sketch = FeatureSketch(
                kind: kind, count: count, missing: missing, outside: outside, moments: moments, quantiles: quantiles,
                distinct: distinct, top: top, buckets: buckets)
        else { throw reader.fault("a feature's counts contradict one another") }
        self = sketch
    }
}

extension TopValues {
    init(from reader: inout ByteReader) throws(DriftError) {
        let isComplete = try reader.byte()
        guard isComplete <= 1 else { throw reader.fault("expected 0 or 1") }
        var entries: [Entry] = []
        for _ in 0..<(try reader.count(limit: Self.capacity, "frequent values")) {
            let value: Value
            switch try reader.byte() {
            case 0:
                let number = try reader.double()
                guard !number.isNaN, number != 0 || number.sign == .plus else {
                    throw reader.fault("a value that no sketch has")
                }
                value = .number(number)
            case 1: value = .text(try reader.text(limit: 3 * Value.longestText, "a value"))
            default: throw reader.fault("expected a number or a text")
            }
            entries.append(Entry(value: value, count: try reader.number(), excess: try reader.number()))
        }
        guard let top = TopValues(entries: entries, isComplete: isComplete == 1) else {
            throw reader.fault("the most frequent values contradict one another")
        }
        self = top
    }
}

extension QuantileSketch {
    /// Levels from the lowest, their values in order; in single precision where that loses nothing.
    func write(to writer: inout ByteWriter) {
        writer.number(UInt64(starts.count))
        for level in starts.indices {
            let values = items[range(level)].sorted()
            let isSingle = values.allSatisfy { Double(Float($0)).bitPattern == $0.bitPattern }
            writer.number(UInt64(values.count))
            writer.byte(isSingle ? 1 : 0)
            for value in values {
                if isSingle { writer.float(value) } else { writer.double(value) }
            }
        }
    }

    init(from reader: inout ByteReader, count: UInt64) throws(DriftError) {
        var levels: [[Double]] = []
        var held = 0
        for _ in 0..<(try reader.count(limit: Self.mostLevels, "levels")) {
            let size = try reader.count(limit: Self.capacity - held, "values")
            held += size
            let isSingle = try reader.byte()
            guard isSingle <= 1 else { throw reader.fault("expected 0 or 1") }
            var values: [Double] = []
            for _ in 0..<size {
                let value = isSingle == 1 ? try reader.float() : try reader.double()
                guard value.magnitude <= FeatureSketch.largestMagnitude, values.last.map({ $0 <= value }) ?? true else {
                    throw reader.fault("a level's values are out of order or range")
                }
                values.append(value)
            }
            levels.append(values)
        }
        guard let sketch = QuantileSketch(levels: levels, count: count) else {
            throw reader.fault("the quantiles are not of \(count) values")
        }
        self = sketch
    }
}

extension DistinctSketch {
    /// As many registers as differ from 0, then each; or, where most do, all of them.
    func write(to writer: inout ByteWriter) {
        let used = registers.indices.filter { registers[$0] > 0 }
        guard used.count < Self.width / 3 else {
            writer.number(UInt64(Self.width))
            return writer.append(registers)
        }
        writer.number(UInt64(used.count))
        for index in used {
            writer.number(UInt64(index))
            writer.byte(registers[index])
        }
    }

    init(from reader: inout ByteReader) throws(DriftError) {
        let used = try reader.count(limit: Self.width, "registers")
        var registers = [UInt8](repeating: 0, count: Self.width)
        if used == Self.width {
            registers = Array(try reader.take(Self.width))
        } else {
            var last = -1
            for _ in 0..<used {
                let index = try reader.count(limit: Self.width - 1, "as a register")
                guard index > last else { throw reader.fault("registers out of order") }
                last = index
                registers[index] = try reader.byte()
            }
        }
        guard let sketch = DistinctSketch(registers: registers) else {
            throw reader.fault("a register that no hash leads to")
        }
        self = sketch
    }
}
