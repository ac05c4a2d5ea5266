"""Makes the images of this folder, and what Pillow decodes and resizes them to.

Run with Pillow 13.0.0 (libjpeg-turbo 3.2.0) and NumPy: python generate.py. Pixels are told by their CRC-32.
"""
import io, json, pathlib, struct, zlib
import numpy as np
from PIL import Image

here = pathlib.Path(__file__).parent
rng = np.random.default_rng(7)
expected = {}


def photo(width, height):
    y, x = np.mgrid[0:height, 0:width]
    base = np.stack([127 + 100 * np.sin(x / 7 + y / 13), 127 + 100 * np.cos(x / 5 - y / 11), 127 + 100 * np.sin((x + y) / 9)], -1)
    base += rng.normal(0, 10, base.shape)
    base[height // 3 : height // 2, width // 4 : width // 2] = [250, 20, 30]
    return Image.fromarray(base.clip(0, 255).astype(np.uint8))


def pixels(name):
    image = Image.open(here / name)
    if image.mode.startswith("I"):
        return (np.asarray(image) >> 8).astype(np.uint8)
    if image.mode in ("1", "L"):
        return np.asarray(image.convert("L"))
    if image.mode == "LA" or "-la" in name:
        return np.asarray(image.getchannel(0))
    return np.asarray(image.convert("RGB"))


def note(name, **more):
    data = pixels(name)
    orientation = Image.open(here / name).getexif().get(0x0112)
    expected[name] = dict(
        height=data.shape[0], width=data.shape[1], channels=data.shape[2] if data.ndim == 3 else 1,
        crc=zlib.crc32(data.tobytes()), orientation=orientation, **more)


def jpeg(name, image, **options):
    image.save(here / name, "JPEG", **options)
    note(name)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(name, samples, depth, colour, interlaced, extra=b""):
    """Writes samples [height, width, channels] with every filter in turn."""
    height, width, channels = samples.shape
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    rows = b""
    for x0, y0, dx, dy in passes if interlaced else [(0, 0, 1, 1)]:
        part = samples[y0::dy, x0::dx]
        if part.size == 0:
            continue
        previous = None
        for number, row in enumerate(part):
            if depth == 16:
                raw = row.astype(">u2").tobytes()
            elif depth == 8:
                raw = row.astype(np.uint8).tobytes()
            else:
                bits = ((row.reshape(-1, 1) >> np.arange(depth - 1, -1, -1)) & 1).astype(np.uint8).reshape(-1)
                raw = np.packbits(bits).tobytes()
            step = max(1, channels * depth // 8)
            above = previous or bytes(len(raw))
            kind = number % 5
            out = bytearray()
            for i, byte in enumerate(raw):
                a = raw[i - step] if i >= step else 0
                b = above[i]
                c = above[i - step] if i >= step else 0
                p = a + b - c
                paeth = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
                out.append((byte - [0, a, b, (a + b) // 2, paeth][kind]) & 255)
            rows += bytes([kind]) + bytes(out)
            previous = raw
    packed = zlib.compress(rows)
    half = len(packed) // 2
    (here / name).write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced)))
        + extra + chunk(b"IDAT", packed[:half]) + chunk(b"IDAT", packed[half:]) + chunk(b"IEND", b""))
    note(name)


for width, height in [(1, 1), (3, 2), (17, 33), (64, 48)]:
    image = photo(width, height)
    for sampling in ["4:4:4", "4:2:2", "4:2:0"]:
        for progressive in [False, True]:
            kind = "progressive" if progressive else "baseline"
            jpeg(f"{kind}-{sampling.replace(':', '')}-{width}x{height}.jpg", image, quality=88, subsampling=sampling, progressive=progressive)
image = photo(45, 37)
jpeg("grey.jpg", image.convert("L"), quality=90)
jpeg("grey-progressive.jpg", image.convert("L"), quality=50, progressive=True)
jpeg("restart.jpg", image, quality=75, restart_marker_blocks=2)
jpeg("restart-progressive.jpg", image, quality=75, restart_marker_rows=1, progressive=True)
jpeg("rgb.jpg", image, quality=90, keep_rgb=True)
jpeg("coarse.jpg", image, quality=4)
jpeg("fine.jpg", image, quality=100, subsampling=0)
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    jpeg(f"orientation-{orientation}.jpg", image.crop((0, 0, 20, 12)), quality=90, exif=exif)
image.convert("CMYK").save(here / "cmyk.jpg", "JPEG")

for interlaced in [False, True]:
    tag = "adam7" if interlaced else "plain"
    for depth in [1, 2, 4, 8, 16]:
        png(f"{tag}-grey{depth}.png", rng.integers(0, 2**depth, (13, 19, 1)), depth, 0, interlaced)
        if depth < 16:
            palette = rng.integers(0, 256, 3 * 2**depth).astype(np.uint8).tobytes()
            png(f"{tag}-palette{depth}.png", rng.integers(0, 2**depth, (13, 19, 1)), depth, 3, interlaced,
                chunk(b"PLTE", palette) + chunk(b"tRNS", bytes([0, 128])))
    for depth in [8, 16]:
        png(f"{tag}-rgb{depth}.png", rng.integers(0, 2**depth, (13, 19, 3)), depth, 2, interlaced)
        png(f"{tag}-rgba{depth}.png", rng.integers(0, 2**depth, (13, 19, 4)), depth, 6, interlaced)
        png(f"{tag}-la{depth}.png", rng.integers(0, 2**depth, (13, 19, 2)), depth, 4, interlaced)
png("adam7-1x1.png", rng.integers(0, 256, (1, 1, 3)), 8, 2, True)
png("adam7-5x2.png", rng.integers(0, 256, (2, 5, 3)), 8, 2, True)

resized = []
for name in ["fine.jpg", "grey.jpg", "plain-rgb8.png"]:
    for width, height in [(20, 20), (8, 6), (60, 50), (1, 1)]:
        for filter in ["bilinear", "bicubic"]:
            image = Image.fromarray(pixels(name)).resize((width, height), getattr(Image.Resampling, filter.upper()))
            resized.append(dict(name=name, width=width, height=height, filter=filter, crc=zlib.crc32(np.asarray(image).tobytes())))

(here / "expected.json").write_text(json.dumps({"images": expected, "resized": resized}, indent=0, sort_keys=True) + "\n")
