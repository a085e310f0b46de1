#!/usr/bin/env python3
"""Makes tests/Goldens/expected/soft-masks: decoded masks in pictures, as PaliGemma's demo Space places them.

The Space clips a decoded mask m / 2 + 0.5 to [0, 1], makes bytes of it, resizes these with Pillow's default, bicubic, and puts them into the
box, whose location tokens are divided by 1024 and rounded to pixels.
Made with Pillow 9.4.0, as Debian 12's package python3-pil has it.
"""
import json
from pathlib import Path

from PIL import Image

SIDE = 64
folder = Path(__file__).resolve().parent.parent / "tests" / "Goldens" / "expected" / "soft-masks"

# Decoded masks in 256ths, so that every step down to the bytes is exact in float32 and float64 alike.
masks = {
    "disc": [max(-300, 300 - (y - 30) ** 2 - (x - 37) ** 2) for y in range(SIDE) for x in range(SIDE)],
    "noise": [(y * y * 31 + x * x * 17 + y * x * 7) % 601 - 300 for y in range(SIDE) for x in range(SIDE)],
}
cases = [
    ("disc", 320, 240, [100, 51, 900, 1010]),
    ("disc", 90, 70, [0, 0, 1023, 1023]),
    ("disc", 64, 64, [500, 500, 530, 530]),
    ("noise", 300, 200, [10, 700, 1000, 1000]),
    ("noise", 257, 31, [300, 0, 1023, 1023]),
    ("noise", 200, 100, [500, 100, 512, 900]),
]

folder.mkdir(parents=True, exist_ok=True)
listed = []
for number, (name, width, height, tokens) in enumerate(cases):
    decoded = [value / 256 for value in masks[name]]
    small = Image.frombytes("L", (SIDE, SIDE), bytes(int(min(max(m * 0.5 + 0.5, 0), 1) * 255) for m in decoded))
    top, left, bottom, right = (round(token / 1024 * length) for token, length in zip(tokens, (height, width, height, width)))
    picture = Image.new("L", (width, height))
    picture.paste(small.resize((right - left, bottom - top)), (left, top))
    picture.save(folder / f"{number}.png")
    listed.append({"picture": f"{number}.png", "decoded": name, "tokens": tokens})
text = json.dumps({"decoded_256ths": masks, "cases": listed})
(folder / "cases.json").write_text(text + "\n")
