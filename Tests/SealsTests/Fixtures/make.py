"""Makes the fixtures beside it with other people's tools.

    python3 -m venv venv && venv/bin/pip install model-signing==1.1.1 pyopenssl==26.4.0 tink==1.16.1
    venv/bin/python make.py

The reference client of OpenSSF Model Signing signs the folder `model` and the file `single.bin`; Tink encrypts a pattern
of bytes with a key that the tests know. Keys are kept once made: they are for these tests and nothing else.
"""

import base64
import io
import json
import pathlib
import shutil
import subprocess
import sys

here = pathlib.Path(__file__).parent
client = pathlib.Path(sys.executable).parent / "model_signing"


def run(*words):
    subprocess.run([str(word) for word in words], check=True, cwd=here, stdout=subprocess.DEVNULL)


def sign(method, model, signature, *words):
    run(client, "sign", method, model, "--signature", signature, *words)


def seals():
    model = here / "model"
    shutil.rmtree(model, ignore_errors=True)
    for name, text in {
        "a/x": "one\n", "a-b/y": "two\n", "a.txt": "three\n", ".hidden": "four\n", "weights.bin": "w" * 100,
    }.items():
        (model / name).parent.mkdir(parents=True, exist_ok=True)
        (model / name).write_text(text)
    (here / "single.bin").write_text("six\n")
    for curve, name in {"p256": "prime256v1", "p384": "secp384r1", "p521": "secp521r1"}.items():
        key = f"{curve}.pem"
        if not (here / key).exists():
            run("openssl", "ecparam", "-name", name, "-genkey", "-noout", "-out", key)
            run("openssl", "ec", "-in", key, "-pubout", "-out", f"{curve}.pub")
        sign("key", "model", f"reference-{curve}.sig", "--private_key", key)
    sign("key", "single.bin", "reference-single.sig", "--private_key", "p256.pem")
    run(
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
        "leaf.key", "-out", "leaf.crt", "-days", "36500", "-subj", "/CN=signer", "-addext", "keyUsage=digitalSignature",
        "-addext", "extendedKeyUsage=codeSigning")
    sign(
        "certificate", "model", "reference-certificate.sig", "--private_key", "leaf.key", "--signing_certificate",
        "leaf.crt", "--certificate_chain", "leaf.crt")
    (here / "leaf.key").unlink()
    (here / "leaf.crt").unlink()


def streams():
    import tink
    from tink import cleartext_keyset_handle, streaming_aead
    from tink.proto import aes_gcm_hkdf_streaming_pb2, common_pb2, tink_pb2

    streaming_aead.register()
    for name, segment, size in [("4KB", 4096, 10_000), ("4KB-exact", 4096, 4096 - 56 + 4080), ("1MB", 1 << 20, 1000),
                                ("empty", 4096, 0)]:
        key = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingKey(
            version=0, key_value=bytes(range(32)),
            params=aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingParams(
                ciphertext_segment_size=segment, derived_key_size=32, hkdf_hash_type=common_pb2.SHA256))
        keyset = tink_pb2.Keyset(primary_key_id=1, key=[tink_pb2.Keyset.Key(
            key_data=tink_pb2.KeyData(
                type_url="type.googleapis.com/google.crypto.tink.AesGcmHkdfStreamingKey",
                value=key.SerializeToString(), key_material_type=tink_pb2.KeyData.SYMMETRIC),
            status=tink_pb2.ENABLED, key_id=1, output_prefix_type=tink_pb2.RAW)])
        handle = cleartext_keyset_handle.read(tink.BinaryKeysetReader(keyset.SerializeToString()))
        primitive = handle.primitive(streaming_aead.StreamingAead)
        held = io.BytesIO()
        held.close = lambda: None
        with primitive.new_encrypting_stream(held, b"what it belongs to") as stream:
            stream.write(bytes(index % 251 for index in range(size)))
        (here / f"tink-{name}.bin").write_bytes(held.getvalue())


seals()
streams()
