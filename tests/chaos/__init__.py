"""Everything that can go wrong with mail, for real: ``make chaos``. See :mod:`tests.chaos.__main__`."""
