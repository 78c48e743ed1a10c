"""Logs are JSON and tell no whole address and no key."""

import json
import logging

import pytest

from web.logs import JsonFormatter, mask


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("sent to ana.perez@toluca.example", "sent to a…@toluca.example"),
        ("GET /mis-inscripciones/3f2A9c8b7D6e5f4a3B2c1d0e/", "GET /mis-inscripciones/…/"),
        ("GET /calendario/personal/3f2A9c8b7D6e5f_a3B2c1d.ics", "GET /calendario/personal/….ics"),
        ("GET /acciones/arbolado-en-avenidas-del-centro/", "GET /acciones/arbolado-en-avenidas-del-centro/"),
        ("?token=eyJhbGciOiJIUzI1NiJ9abcdef", "?token=…"),
    ],
)
def test_addresses_and_keys_are_masked(said: str, kept: str) -> None:
    assert mask(said) == kept


def test_line_is_json_with_level_time_and_traceback() -> None:
    try:
        raise ValueError("ana@toluca.example")
    except ValueError as error:
        record = logging.LogRecord(
            "web", logging.ERROR, __file__, 1, "falló %s", ("algo",), (type(error), error, error.__traceback__)
        )
    line = JsonFormatter().format(record)
    event = json.loads(line)
    assert (event["event"], event["level"], event["logger"]) == ("falló algo", "error", "web")
    assert event["timestamp"].endswith("Z")
    assert "ValueError: a…@toluca.example" in event["exception"]
    assert "ana@" not in line
