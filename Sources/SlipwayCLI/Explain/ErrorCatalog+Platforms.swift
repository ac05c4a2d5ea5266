extension ErrorCatalog {
    /// Images for containers.
    static let platforms = [
        ErrorPage(
            6401, "An image cannot be made the way it was asked for",
            "Something that is to go into it is no regular file, or its path does not fit into a layer.",
            causes: ["a device or a socket among the engine's files", "two files that would lie in one place"],
            remedies: ["let scripts/fetch-engines fetch the engine again", "remove what does not belong there"],
            example: """
                $ slipway package digits:3 --layout out
                error[SW6401]: '/srv/engines/onnxruntime-1.31.1/pipe' is not a regular file
                """),
        ErrorPage(
            6402, "Something that an image needs is not on this machine",
            "An image holds the program, the engine and the system's libraries that they need, taken from here.",
            causes: [
                "the engine was never fetched, or does not lie in a directory of its own", "a library is missing",
            ],
            remedies: ["run scripts/fetch-engines", "install the package that has the library"],
            example: """
                $ slipway package digits:3 --layout out --engine openvino
                error[SW6402]: the engine openvino does not lie in a directory of its own
                   help: let scripts/fetch-engines fetch it
                """),
        ErrorPage(
            6403, "The directory for an image holds something else",
            "An image is written to an empty directory, to one that is made, or to a layout beside the images it has.",
            causes: ["a directory that is used for something else"], remedies: ["choose another with --layout"],
            example: """
                $ slipway package digits:3 --layout .
                error[SW6403]: '.' holds something that is no image layout
                   help: choose an empty directory
                """),
        ErrorPage(
            6404, "The disk is full", "Nothing half-written is left of the image.",
            causes: ["no space for the packed layers in the home's cache, or in the directory"],
            remedies: ["free some space and try again: what was packed is not packed again"],
            example: """
                $ slipway package digits:3 --layout out
                error[SW6404]: cannot write 'out/blobs/sha256/9a0c…': No space left on device
                   help: free some space and try again
                """),
        ErrorPage(
            6405, "A file changed while the image was made",
            "Every file is read twice, and has to be the same both times.",
            causes: ["the program was built, or the engine fetched, at the same time"], remedies: ["try again"],
            example: """
                $ slipway package digits:3 --layout out
                error[SW6405]: a file of the image changed while it was read
                   help: try again
                """),
        ErrorPage(
            6406, "The system refused a file operation of an image", "The message has the file and the system's words.",
            causes: ["a directory that may not be written to"], remedies: ["choose another directory"],
            example: """
                $ slipway package digits:3 --layout /proc/out
                error[SW6406]: cannot create the directory '/proc/out': Permission denied
                """),
    ]
}
