import Glibc

/// The NVIDIA devices that the kernel driver shows.
enum NVIDIADevices {
    /// The numbers of `/dev/nvidia0`, `/dev/nvidia1`, …; empty without a driver.
    static var indices: [Int] {
        (0..<64).filter { access("/dev/nvidia\($0)", R_OK | W_OK) == 0 }
    }
}
