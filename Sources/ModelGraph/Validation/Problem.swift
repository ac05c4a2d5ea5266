/// One thing that is wrong with a model.
package struct Problem: Hashable, Sendable {
    /// What rule is broken. Wraps a private enum, so that adding a code breaks nobody.
    package struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Value: String {
            case duplicateName, emptyName, undefinedInput, notSorted, cycle, missingOutput
            case badOpset, unknownDomain, badVersion, badOperator, badAttribute
            case undefinedType, badShape, badTensorData, badSparseTensor
            case externalData, externalDataEscape, functionRecursion, badFunction, limitExceeded
            case incompatibleTypes
        }
        private let value: Value

        /// A name given twice where it must be unique: values, initializers, attributes, functions.
        package static let duplicateName = Code(value: .duplicateName)
        /// A name that must not be empty is.
        package static let emptyName = Code(value: .emptyName)
        /// A node reads a value that nothing makes.
        package static let undefinedInput = Code(value: .undefinedInput)
        /// A node reads a value that is made only later.
        package static let notSorted = Code(value: .notSorted)
        /// Nodes wait for each other.
        package static let cycle = Code(value: .cycle)
        /// A graph output that nothing in that graph makes.
        package static let missingOutput = Code(value: .missingOutput)
        /// An operator set version that cannot be, or two versions of one domain.
        package static let badOpset = Code(value: .badOpset)
        /// A node of a domain that the model does not import.
        package static let unknownDomain = Code(value: .unknownDomain)
        /// An IR version outside what the format has, or a feature newer than it.
        package static let badVersion = Code(value: .badVersion)
        /// A node that its operator does not allow: too many inputs, an operator the set lacks.
        package static let badOperator = Code(value: .badOperator)
        /// An attribute that its operator does not have, or not of that kind.
        package static let badAttribute = Code(value: .badAttribute)
        /// An element type that is undefined or unknown.
        package static let undefinedType = Code(value: .undefinedType)
        /// Dimensions that cannot be: negative, or too many elements.
        package static let badShape = Code(value: .badShape)
        /// Data that is not what type and shape need.
        package static let badTensorData = Code(value: .badTensorData)
        /// A sparse tensor whose indices and values do not belong together.
        package static let badSparseTensor = Code(value: .badSparseTensor)
        /// External data where the policy allows none, or entries that cannot be understood.
        package static let externalData = Code(value: .externalData)
        /// External data whose path could leave the model's folder.
        package static let externalDataEscape = Code(value: .externalDataEscape)
        /// Functions that call themselves, or too deeply.
        package static let functionRecursion = Code(value: .functionRecursion)
        /// A function that does not fit its call, or a reference outside a function.
        package static let badFunction = Code(value: .badFunction)
        /// Over one of `GraphLimits`.
        package static let limitExceeded = Code(value: .limitExceeded)
        /// Types or shapes that do not fit each other, found by inference.
        package static let incompatibleTypes = Code(value: .incompatibleTypes)

        /// The code in kebab case, as it appears in JSON: `duplicate-name`.
        package var description: String {
            value.rawValue.reduce(into: "") { $0 += $1.isUppercase ? "-\($1.lowercased())" : String($1) }
        }
    }

    package var code: Code
    package var place: Place
    /// What was expected and what was found.
    package var message: String
}

extension Problem: CustomStringConvertible {
    package var description: String { place.steps.isEmpty ? message : "\(place): \(message)" }
}
