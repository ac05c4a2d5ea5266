import Compress
import Testing

@Suite struct RecipeCatalogTests {
    @Test func recipesHaveNamesOfTheirOwn() {
        #expect(Set(RecipeCatalog.names).count == RecipeCatalog.all.count)
        for name in RecipeCatalog.names { #expect(RecipeCatalog.recipe(name)?.name == name) }
        #expect(RecipeCatalog.recipe("no such recipe") == nil)
    }
}
