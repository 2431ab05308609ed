"""Writes cmyk.jpg and picture.webp, which Java cannot write: a red and a blue half, 12 x 8 pixels; PictureFolderTest reads them.

    pip install pillow==13.0.0 && python make_pictures.py
"""
import pathlib

from PIL import Image

picture = Image.new("RGB", (12, 8), (200, 40, 40))
picture.paste((30, 60, 210), (6, 0, 12, 8))
here = pathlib.Path(__file__).parent
picture.convert("CMYK").save(here / "cmyk.jpg", quality=100, subsampling=0)
picture.save(here / "picture.webp", lossless=True)
