"""Files that are made at set-up instead of being kept in the repository: interface fonts and compiled translations."""

import os
from pathlib import Path

import fontpkg_public_sans
import polib
from django.conf import settings

# Latin with every Spanish letter, typographic marks and the signs that figures use (the typeface has no arrows).
CHARACTERS = [
    *range(0x20, 0x7F),
    *range(0xA0, 0x180),
    *range(0x2010, 0x2028),
    *(0x2030, 0x2039, 0x203A, 0x20AC, 0x2122, 0x2212, 0x2260, 0x2264, 0x2265),
]
WEIGHTS = (400, 700)  # the weights the style sheets ask for
FEATURES = ["kern", "mark", "mkmk", "ccmp", "locl", "liga", "tnum", "lnum", "sups", "subs", "ordn"]
NAMES = [0, 1, 2, 4, 6, 13, 14]  # copyright, family, style, full and PostScript name, licence and its address
FACES = {"public-sans": "PublicSans[wght].ttf", "public-sans-italic": "PublicSans-Italic[wght].ttf"}


def fonts_folder() -> Path:
    return Path(settings.BASE_DIR) / "static" / "fonts"


def build_fonts() -> bool:
    """Write the interface typeface, cut down to what the portal shows, as WOFF2; False where it is there already."""
    recipe = repr((sorted(CHARACTERS), WEIGHTS, FEATURES, FACES))
    stamp = fonts_folder() / ".recipe"
    are_there = all((fonts_folder() / f"{name}.woff2").is_file() for name in FACES)
    if are_there and stamp.is_file() and stamp.read_text() == recipe:
        return False
    # Imported here because it takes longer than everything that a second start has to do.
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont
    from fontTools.varLib.instancer import instantiateVariableFont

    fonts_folder().mkdir(parents=True, exist_ok=True)
    for name, source in FACES.items():
        font = TTFont(fontpkg_public_sans.ROOT / "files" / source, recalcTimestamp=False)
        instantiateVariableFont(font, {"wght": WEIGHTS}, inplace=True)
        options = Options(layout_features=FEATURES, hinting=False, name_IDs=NAMES, notdef_outline=True)
        subsetter = Subsetter(options)
        subsetter.populate(unicodes=CHARACTERS)
        subsetter.subset(font)
        font.flavor = "woff2"
        partial = fonts_folder() / f"{name}.partial"
        font.save(partial)
        os.replace(partial, fonts_folder() / f"{name}.woff2")
    stamp.write_text(recipe)
    return True


def compile_translations() -> bool:
    """Compile each ``.po`` that is newer than its ``.mo``, without gettext; False where none is."""
    stale = []
    for root in settings.LOCALE_PATHS:
        for source in sorted(Path(root).glob("*/LC_MESSAGES/*.po")):
            compiled = source.with_suffix(".mo")
            if not compiled.is_file() or compiled.stat().st_mtime_ns < source.stat().st_mtime_ns:
                stale.append(source)
    for source in stale:
        partial = source.with_suffix(".partial")
        polib.pofile(str(source)).save_as_mofile(str(partial))
        os.replace(partial, source.with_suffix(".mo"))
    return bool(stale)
