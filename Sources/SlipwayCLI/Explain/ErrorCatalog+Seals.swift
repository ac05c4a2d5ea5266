extension ErrorCatalog {
    /// Signatures of versions, keys, encrypted archives.
    static let seals = [
        ErrorPage(
            5101, "It is no seal, or no encrypted archive",
            """
            The bytes do not follow the form: that of OpenSSF Model Signing 1.0 for signatures, Slipway's own header for \
            encrypted archives. Nothing of it was believed.
            """,
            causes: [
                "another file was named", "the file was cut off or edited",
                "a tool that follows an earlier draft made it",
            ],
            remedies: ["get the file again from where it was made", "have the model signed again"],
            example: """
                $ slipway verify model --key alice.pem.pub --signature README.md
                error[SW5101]: the seal is not valid JSON: expected a value, found '#'
                """),
        ErrorPage(
            5102, "A signature of a kind that is not checked here",
            """
            It may be in order, and Slipway does not take it: models signed in shards, with other hashes than SHA-256, with \
            links followed, or with a certificate in place of a key.
            """,
            causes: ["the model was signed with a certificate or with Sigstore", "it was signed in shards"],
            remedies: [
                "have it signed with a key, by files", "check it with the reference client: model_signing verify",
                "take the key out of a certificate that you trust: openssl x509 -in FILE -pubkey -noout",
            ],
            example: """
                $ slipway verify model --key alice.pem.pub
                error[SW5102]: the model was signed by the method 'shards', and only 'files' is read
                   help: sign it again without shards
                """),
        ErrorPage(
            5103, "This is not what was signed",
            """
            The signature does not hold for this key, or it holds and what is here is something else: files were changed, are \
            missing, or are too many, or it is the seal of another model.
            """,
            causes: [
                "another key was named than the signer's", "a file was edited, added or lost since",
                "someone put another model in its place",
            ],
            remedies: [
                "do not serve it before you know why", "get the model again from where it was signed",
                "sign it again if the change is meant",
            ],
            example: """
                $ slipway verify model --key alice.pem.pub
                error[SW5103]: 'model' is not what was signed: 'weights.bin' was changed
                   help: get the model again from where it was signed, or have it signed as it is now
                """),
        ErrorPage(
            5104, "A key that cannot, or must not, be used",
            """
            Private keys are read only from regular files of your own that nobody else can read; signing takes P-256, P-384 \
            and P-521, encryption X25519. A key file is never overwritten.
            """,
            causes: [
                "others may read the private key",
                "a public key was named where a private one is expected, or the reverse",
                "the key is of another kind, such as RSA", "the file is a symbolic link",
            ],
            remedies: [
                "take the others' rights away: chmod 600 key.pem", "make a pair of keys: slipway key new FILE",
                "for encryption: slipway key new FILE --for encryption",
            ],
            example: """
                $ slipway sign digits:1 --key key.pem
                error[SW5104]: others may read or write the key 'key.pem': its rights are 644
                   help: take them away with: chmod 600 key.pem – and make a new key if somebody may have read it
                """),
        ErrorPage(
            5105, "A signature is required, and none holds",
            """
            The server takes only versions that the owner of a given key has signed (--require-signature), and this version \
            has no such seal. It does not go into service; what runs, runs on.
            """,
            causes: [
                "the version was never signed", "it was signed with another key",
                "its seal did not travel: export --bare",
            ],
            remedies: [
                "whoever has the key signs it: slipway sign NAME:VERSION --key KEY.pem",
                "see who signed it: slipway show NAME:VERSION",
            ],
            example: """
                $ slipway deploy digits:2
                error[SW5105]: 'digits:2' has no seal, and one of the key b48b8443c6c4… is required
                   help: whoever has the key signs it with: slipway sign digits:2 --key KEY.pem
                """),
        ErrorPage(
            5106, "It is older than what is in service",
            """
            Where signatures are required, an older version does not take a newer one's place by an ordinary deployment, \
            however well it is signed: whoever can bring back an old version can bring back its faults. Its seal tells when it \
            was signed.
            """,
            causes: ["the wrong version was named", "somebody replays an old version", "going back is what was meant"],
            remedies: [
                "go back in an orderly way: slipway rollback", "say that it is meant: slipway deploy … --allow-older",
                "sign it again, which makes it the newer one",
            ],
            example: """
                $ slipway deploy digits:1
                error[SW5106]: 'digits:1' is older than 'digits:2', which is there now
                   help: go back with 'slipway rollback digits', or say that the older one is meant with --allow-older
                """),
        ErrorPage(
            5107, "It cannot be decrypted",
            """
            The key is not the one that it was encrypted for, or the file is not the one that was written: cut off, edited, put \
            together from parts. Which of these it is, is not told. Nothing was decrypted to a disk, and nothing is kept.
            """,
            causes: ["another private key was named", "the file was not copied as a whole", "someone altered it"],
            remedies: [
                "name the private key that belongs to the public one it was encrypted for: --identity",
                "copy or export the archive again",
            ],
            example: """
                $ slipway import digits-1.slipway --identity bob.pem
                error[SW5107]: it cannot be decrypted with this key: it was altered, cut off, or encrypted for another key
                   help: copy it again from where it was made, and use the key file that it was encrypted for
                """),
        ErrorPage(
            5108, "What is to be signed or checked cannot be read",
            "Every byte of a model is read when it is signed or checked, and links are not followed.",
            causes: ["a symbolic link in the folder", "a file that you may not read", "a misspelt name"],
            remedies: ["put the file itself in the link's place", "look at the file that is named"],
            example: """
                $ slipway sign model --key key.pem
                error[SW5108]: 'model/weights.bin' is a symbolic link
                   help: put the file itself in its place: what a link leads to can be changed unseen
                """),
    ]
}
