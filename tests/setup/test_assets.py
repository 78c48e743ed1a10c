"""Fonts and translations made at set-up."""

import gettext
from pathlib import Path
from typing import Any

import pytest
from fontTools.ttLib import TTFont

from web import assets


@pytest.mark.parametrize("name", ["public-sans", "public-sans-italic"])
def test_built_font_holds_what_the_portal_shows_and_stays_small(name: str, settings: Any, tmp_path: Path) -> None:
    settings.BASE_DIR = tmp_path
    assert assets.build_fonts() is True
    file = assets.fonts_folder() / f"{name}.woff2"
    assert file.stat().st_size < 30_000
    font = TTFont(file)
    assert set("áéíóúüñÁÉÍÓÚÜÑ¿¡«»“”…–—−€≤≥") <= {chr(code) for code in font.getBestCmap()}
    assert [(axis.axisTag, axis.minValue, axis.maxValue) for axis in font["fvar"].axes] == [("wght", 400, 700)]
    assert "tnum" in {record.FeatureTag for record in font["GSUB"].table.FeatureList.FeatureRecord}


def test_fonts_are_built_once(settings: Any, tmp_path: Path) -> None:
    settings.BASE_DIR = tmp_path
    assert assets.build_fonts() is True
    assert assets.build_fonts() is False
    (assets.fonts_folder() / "public-sans.woff2").unlink()
    assert assets.build_fonts() is True


def test_translations_are_compiled_when_their_source_is_newer(settings: Any, tmp_path: Path) -> None:
    folder = tmp_path / "en" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    source = folder / "django.po"
    source.write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "sí"\nmsgstr "yes"\n')
    settings.LOCALE_PATHS = [tmp_path]
    assert assets.compile_translations() is True
    with (folder / "django.mo").open("rb") as compiled:
        assert gettext.GNUTranslations(compiled).gettext("sí") == "yes"
    assert assets.compile_translations() is False
