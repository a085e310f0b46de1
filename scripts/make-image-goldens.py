#!/usr/bin/env python3
"""Makes tests/Goldens/formats: small pictures in many formats, and beside each, as NAME.png, the pixels that the reference reads.

The reference reads a picture as PIL.ImageOps.exif_transpose(PIL.Image.open(path)).convert("RGB") (transformers, image_utils.load_image).
Made with Pillow 9.4.0, as Debian 12's package python3-pil has it.
"""
import io
import struct
import zlib
from pathlib import Path

from PIL import Image, ImageOps

goldens = Path(__file__).resolve().parent.parent / "tests" / "Goldens"
folder = goldens / "formats"
expected = goldens / "expected" / "formats"


def png(width, height, depth, colour, rows, chunks=()):
    """A PNG of a kind that Pillow cannot write."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunk(*c) for c in chunks) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def save(name, image, **options):
    image.save(folder / name, **options)


folder.mkdir(parents=True, exist_ok=True)
expected.mkdir(parents=True, exist_ok=True)
rgb = Image.open(goldens / "images" / "01_rgb_320x240.png").convert("RGB").resize((40, 30), Image.Resampling.BILINEAR)
alpha = Image.linear_gradient("L").resize(rgb.size)
rgba = rgb.copy()
rgba.putalpha(alpha)
grey = rgb.convert("L")
palette = rgb.quantize(32)

save("lossless.webp", rgb, lossless=True)
save("lossy.webp", rgb, quality=80)
save("alpha.webp", rgba, lossless=True, exact=True)
save("rgb.bmp", rgb)
save("palette.bmp", palette)
save("grey.bmp", grey)
save("bilevel.bmp", rgb.convert("1"))
save("still.gif", palette)
save("animated.gif", palette, save_all=True, append_images=[rgb.rotate(180).quantize(32)], duration=100)
save("transparent.gif", palette, transparency=palette.getpixel((20, 15)))
small = io.BytesIO()
palette.crop((0, 0, 25, 20)).save(small, "GIF")
# A first frame smaller than the picture: the logical screen's width and height stand behind the signature.
(folder / "small_frame.gif").write_bytes(small.getvalue()[:6] + struct.pack("<HH", 40, 30) + small.getvalue()[10:])
save("grey_alpha.png", Image.merge("LA", (grey, alpha)))
save("bilevel.png", rgb.convert("1"))
save("palette_transparency.png", palette, transparency=bytes(range(0, 256, 8)))
save("rgb_transparency.png", rgb, transparency=rgb.getpixel((20, 15)))
save("palette_4_bits.png", rgb.quantize(16), bits=4)
save("grey.jpg", grey, quality=95)
save("cmyk.jpg", rgb.convert("CMYK"), quality=95)
save("progressive.jpg", rgb, quality=95, progressive=True)

sixteen = [[(x * 1601 + y * 911) % 65536 if x > 8 else x * 31 for x in range(40)] for y in range(30)]
(folder / "grey_16_bits.png").write_bytes(png(40, 30, 16, 0, [struct.pack(">40H", *row) for row in sixteen]))
(folder / "grey_alpha_16_bits.png").write_bytes(
    png(40, 30, 16, 4, [struct.pack(">80H", *(v for x in row for v in (x, 65535 - x))) for row in sixteen]))
(folder / "rgb_16_bits.png").write_bytes(
    png(40, 30, 16, 2, [struct.pack(">120H", *(v for x in row for v in (x, x * 3 % 65536, 65535 - x))) for row in sixteen]))

# Four flat quadrants, so that what JPEG loses cannot hide a wrong turn.
quadrants = Image.new("RGB", (32, 48), (200, 30, 30))
quadrants.paste((30, 200, 30), (16, 0, 32, 24))
quadrants.paste((30, 30, 200), (0, 24, 16, 48))
quadrants.paste((220, 220, 220), (16, 24, 32, 48))
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    save(f"orientation_{orientation}.jpg", quadrants, quality=95, exif=exif)
exif = Image.Exif()
exif[0x0112] = 6
save("orientation_6.webp", quadrants, lossless=True, exif=exif)
save("orientation_6.png", quadrants, exif=exif)

for path in sorted(folder.iterdir()):
    image = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    stream = io.BytesIO()
    image.save(stream, "PNG", optimize=True)
    (expected / f"{path.name}.png").write_bytes(stream.getvalue())
    print(path.name, Image.open(path).mode, image.size)
