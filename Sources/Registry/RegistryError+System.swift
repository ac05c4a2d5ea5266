import Glibc
import Tensors

extension RegistryError {
    /// The refusal of a system call, from `errno`.
    static func system(_ action: String, _ path: String, errno code: Int32 = Glibc.errno) -> RegistryError {
        let message = "cannot \(action) '\(path)': \(String(cString: strerror(code)))"
        switch code {
        case ENOSPC, EDQUOT: return RegistryError(.full, message, help: "free some space and try again")
        case ENOENT: return RegistryError(.notFound, message)
        default: return RegistryError(.io, message)
        }
    }

    /// The same of what a file or folder refused.
    static func system(_ fault: FileFault) -> RegistryError {
        system(fault.action, fault.path, errno: fault.number)
    }
}
