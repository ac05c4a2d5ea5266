import Charts
import Testing

@Suite struct LabelPlacesTests {
    @Test func namesKeepApartOrAreLeftOut() {
        var places = LabelPlaces(left: 0, top: 0, right: 400, bottom: 300, letter: 7, line: 15)
        var boxes: [(left: Double, right: Double, top: Double, bottom: Double)] = []
        var placed = 0
        for number in 0..<12 {
            let (x, y) = (200 + Double(number % 3) * 4, 150 + Double(number / 3) * 4)
            places.keep(clear: x, y, radius: 5)
            guard let place = places.place("candidate \(number)", x: x, y: y) else { continue }
            placed += 1
            let width = Double("candidate \(number)".count) * 7
            let left = place.2 == .start ? place.x : place.2 == .end ? place.x - width : place.x - width / 2
            #expect(left >= -1 && left + width <= 401, "\(place)")
            let box = (left: left, right: left + width, top: place.y - 11, bottom: place.y + 4)
            for other in boxes {
                let width = min(box.right, other.right) - max(box.left, other.left)
                let height = min(box.bottom, other.bottom) - max(box.top, other.top)
                #expect(width <= 0 || height <= 0 || width * height < 0.3 * 15 * 7 * 12, "\(number)")
            }
            boxes.append(box)
        }
        #expect(placed >= 4)
    }

    @Test func aLonelyNameStandsToTheRight() throws {
        var places = LabelPlaces(left: 0, top: 0, right: 400, bottom: 300, letter: 7, line: 15)
        let first = places.place("int8", x: 100, y: 100)
        let place = try #require(first)
        #expect(place.x > 100 && place.2 == .start)
        let last = places.place("int8", x: 398, y: 200)
        let edge = try #require(last)
        #expect(edge.2 == .end && edge.x < 398)
    }
}
