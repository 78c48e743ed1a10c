"""What comes in from outside: the formats of events, and the attendance reports of video calls."""

from events.imports.formats import load_formats

__all__ = ["load_formats"]
