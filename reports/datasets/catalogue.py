"""The catalogue of the data sets as other portals read it: DCAT 3 with the properties of DCAT-AP, in JSON-LD.

The context stands in the document: nobody has to ask another host what the words mean (W3C, *Data Catalog Vocabulary
(DCAT) — Version 3*).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import override

from reports.datasets.columns import DataSet, Label, Shape
from reports.datasets.files import GEOJSON, TABLES, Format, file_address
from web.models import Installation

LANGUAGES = ("es", "en")
IANA = "https://www.iana.org/assignments/media-types/"
AUTHORITY = "http://publications.europa.eu/resource/authority/"
CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
}


def catalogue(
    datasets: Mapping[DataSet, tuple[Shape, ...]], installation: Installation, changes: Mapping[str, datetime]
) -> dict[str, Any]:
    """``datasets``: each with the geometries that its rows have. ``changes``: slug → when its content last changed."""
    publisher = {
        "@id": f"{settings.SITE_URL}/#institucion",
        "@type": "foaf:Agent",
        "foaf:name": installation.institution_name,
        "foaf:homepage": {"@id": f"{settings.SITE_URL}/"},
    }
    rows = [_dataset(dataset, shapes, installation, changes) for dataset, shapes in datasets.items()]
    return {
        "@context": CONTEXT,
        "@id": _catalogue_id(),
        "@type": "dcat:Catalog",
        "dct:title": _both(installation.name),
        "dct:description": _both(installation.tagline),
        "dct:publisher": publisher,
        "dct:language": _languages(),
        "dct:license": {"@id": settings.DATA_LICENCE_URL, "@type": "dct:LicenseDocument"},
        "foaf:homepage": {"@id": _page("open_data")},
        **({"dct:modified": _moment(max(changes.values()))} if changes else {}),
        "dcat:dataset": rows,
        "dcat:service": {
            "@id": f"{settings.SITE_URL}/api/v1/",
            "@type": "dcat:DataService",
            "dct:title": _both("API"),
            "dct:publisher": {"@id": publisher["@id"]},
            "dct:license": {"@id": settings.DATA_LICENCE_URL},
            "dcat:endpointURL": {"@id": f"{settings.SITE_URL}/api/v1/"},
            "dcat:endpointDescription": {"@id": settings.SITE_URL + reverse("api:openapi-json")},
            "dcat:servesDataset": [{"@id": row["@id"]} for row in rows],
        },
    }


def _dataset(
    dataset: DataSet, shapes: tuple[Shape, ...], installation: Installation, changes: Mapping[str, datetime]
) -> dict[str, Any]:
    page = _page("dataset_detail", dataset.slug)
    changed = changes.get(dataset.slug)
    return {
        "@id": f"{page}#datos",
        "@type": "dcat:Dataset",
        "dct:identifier": dataset.slug,
        "dct:title": _both(dataset.title),
        "dct:description": _both(dataset.description),
        "dcat:keyword": [words for label in dataset.keywords for words in _both(label)],
        "dcat:theme": [{"@id": f"{AUTHORITY}data-theme/{code}"} for code in ("ENVI", "GOVE")],
        "dct:publisher": {"@id": f"{settings.SITE_URL}/#institucion"},
        "dcat:contactPoint": {
            "@type": "vcard:Organization",
            "vcard:fn": installation.institution_name,
            "vcard:hasEmail": {"@id": f"mailto:{installation.contact_email}"},
        },
        "dct:spatial": {"@type": "dct:Location", "rdfs:label": installation.state_name},
        "dct:accrualPeriodicity": {"@id": f"{AUTHORITY}frequency/{'IRREG' if dataset.is_vocabulary else 'CONT'}"},
        "dct:language": _languages(),
        "dct:license": {"@id": settings.DATA_LICENCE_URL},
        "dct:accessRights": {"@id": f"{AUTHORITY}access-right/PUBLIC"},
        "dcat:version": dataset.version,
        "dcat:landingPage": {"@id": page},
        **({"dct:modified": _moment(changed)} if changed else {}),
        "dcat:distribution": [
            *(_distribution(dataset, form) for form in TABLES.values()),
            *(_distribution(dataset, GEOJSON, shape) for shape in shapes),
        ],
    }


def _distribution(dataset: DataSet, form: Format, shape: Shape | None = None) -> dict[str, Any]:
    with override("es"):
        address = file_address(dataset, form, shape)
        page = _page("dataset_detail", dataset.slug)
    return {
        "@id": address,
        "@type": "dcat:Distribution",
        "dct:title": _both(shape.title if shape else form.name),
        "dcat:accessURL": {"@id": page},
        "dcat:downloadURL": {"@id": address},
        "dcat:mediaType": {"@id": IANA + form.media_type},
        "dct:format": {"@id": f"{AUTHORITY}file-type/{form.name.upper()}"},
        "dct:license": {"@id": settings.DATA_LICENCE_URL},
        "dct:language": {"@id": f"{AUTHORITY}language/SPA"},
    }


def _both(label: Label) -> list[dict[str, str]]:
    """The words in each language of the portal."""
    found = []
    for language in LANGUAGES:
        with override(language):
            found.append({"@language": language, "@value": str(label)})
    return found


def _languages() -> list[dict[str, str]]:
    return [{"@id": f"{AUTHORITY}language/{code}"} for code in ("SPA", "ENG")]


def _moment(moment: datetime) -> dict[str, str]:
    return {"@type": "xsd:dateTime", "@value": moment.isoformat()}


def _page(name: str, *args: str) -> str:
    """The Spanish address: the stable one."""
    with override("es"):
        return settings.SITE_URL + reverse(name, args=args)


def _catalogue_id() -> str:
    return _page("data_catalogue_json")
