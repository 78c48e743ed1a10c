"""Published actions on the network's map: how many each municipality has under the filters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from municipalities.figures import Place
from municipalities.maps import Category, Tile, TileMap, tile_map

# The least count of each class of the legend.
STEPS = (0, 1, 2, 4, 8)


@dataclass(frozen=True)
class ActionMap:
    """The map with the same facts as rows: (name, address or none, what is said)."""

    map: TileMap
    rows: Sequence[tuple[str, str, str]]


def action_map(territory: Sequence[Place], counts: Mapping[int, int], address: str) -> ActionMap:
    """``counts``: id of a municipality → its actions. ``address``: of its list, with ``{}`` for its slug."""
    labels = (_("Sin acciones"), _("1 acción"), _("2 a 3 acciones"), _("4 a 7 acciones"), _("8 o más"))
    categories = [Category(str(level), label, str(level)) for level, label in enumerate(labels)]
    tiles = []
    for place in territory:
        count = counts.get(place.pk, 0)
        level = max(index for index, least in enumerate(STEPS) if count >= least)
        said = ngettext("%(count)s acción", "%(count)s acciones", count) % {"count": count}
        href = address.format(place.slug) if count else ""
        tiles.append(Tile(place.name, place.column, place.row, str(level), said, href))
    drawn = tile_map("mapa-acciones", _("Acciones por municipio"), tiles, categories)
    return ActionMap(drawn, [(tile.name, tile.href, tile.value) for tile in tiles if tile.href])
