#!/usr/bin/env python3
"""Writes tests/Goldens/resize/bilinear.json: tf.image.resize's bilinear filter, with and without antialias, in exact fractions.

The definition (tensorflow, core/kernels/image/scale_and_translate_op.cc and resize_bilinear_op.cc, half-pixel centres): target pixel i lies at
(i + 1/2) * scale; a source pixel at distance d from it weighs max(0, 1 - |d| / w), where w = max(scale, 1) with antialias and 1 without;
weights sum to 1. big_vision then casts to a byte, which rounds down. Where the exact value is so near a whole number n that float32 may fall
on either side, -n - 1 is written.
"""
import json
import math
import pathlib
from fractions import Fraction

SIZES = [((9, 13), (5, 7)), ((3, 5), (16, 16)), ((17, 31), (24, 8)), ((64, 48), (14, 14)), ((1, 1), (3, 2)), ((6, 8), (6, 8))]


def weights(source, target, antialias):
    scale = Fraction(source, target)
    width = max(scale, 1) if antialias else Fraction(1)
    for i in range(target):
        center = (i + Fraction(1, 2)) * scale
        row = [max(Fraction(0), 1 - abs(j + Fraction(1, 2) - center) / width) for j in range(source)]
        yield [value / sum(row) for value in row]


def resize(pixels, source, target, antialias):
    (height, width), (target_height, target_width) = source, target
    across = list(weights(width, target_width, antialias))
    wide = [[sum(a * pixels[y * width + x] for x, a in enumerate(row)) for row in across] for y in range(height)]
    down = weights(height, target_height, antialias)
    return [sum(a * wide[y][x] for y, a in enumerate(row)) for row in down for x in range(target_width)]


def written(value):
    return -round(value) - 1 if abs(value - round(value)) < Fraction(1, 1000) else math.floor(value)


state = 1
cases = []
for source, target in SIZES:
    pixels = []
    for _ in range(source[0] * source[1]):
        state = (state * 1103515245 + 12345) % 2**31
        pixels.append(state >> 16 & 255)
    for antialias in (False, True):
        result = [written(value) for value in resize(pixels, source, target, antialias)]
        cases.append({"source": source, "target": target, "antialias": antialias, "pixels": pixels, "result": result})
path = pathlib.Path(__file__).parent.parent / "tests/Goldens/resize/bilinear.json"
path.parent.mkdir(exist_ok=True)
path.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
