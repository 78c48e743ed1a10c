"""Filters that a person, another site or a program asks for by name, on pages and in feeds alike."""

import re
from collections.abc import Collection, Iterable
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

import django_filters
from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

# Names that other sites and programs add to any address; whatever they say, they ask nothing of a list.
TRACKING = re.compile(r"_.*|utm_.*|[a-z]+clk?id|[gw]braid|mc_[ce]id|igsh(id)?|srsltid|ref")
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def unknown_names(asked: Iterable[str], *, offered: Collection[str], besides: Collection[str]) -> str:
    """The names asked for that are no filter, as a sentence; empty without any."""
    names = [name[:40] for name in asked if name not in {*offered, *besides} and not TRACKING.fullmatch(name)]
    if not names:
        return ""
    some = ", ".join(f"«{name}»" for name in names[:5])
    words = ngettext("No hay un filtro {names}.", "No hay filtros {names}.", len(names)).format(names=some)
    return " ".join([words, gettext("Los que hay: {names}.").format(names=", ".join(offered))])


def problems_of(form: forms.BaseForm) -> list[str]:
    """What is wrong with the values of the filters, one sentence each."""
    return [f"{form.fields[name].label}: {message}" for name, messages in form.errors.items() for message in messages]


class PublicFilter(django_filters.FilterSet):
    """Filters that a person, another site or a program asks for by name: what they do not know is said."""

    besides: frozenset[str] = frozenset()  # names that the addresses of the list have for something else

    @property
    def query_string(self) -> str:
        """The filters alone, without the view, the period or the page: what is subscribed to."""
        return urlencode([(name, self.data[name]) for name in self.filters if self.data.get(name)])

    @cached_property
    def unknown(self) -> str:
        """The names asked for that are no filter."""
        return unknown_names(self.data, offered=list(self.filters), besides=self.besides)

    @cached_property
    def problems(self) -> list[str]:
        return problems_of(self.form)

    @property
    def refusal(self) -> str:
        """All that is wrong, for what is no page; empty where nothing is."""
        return " ".join([*self.problems, self.unknown]).strip()


class PeriodForm(forms.Form):
    """Filters with a first and a last day."""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        first, last = data.get("desde"), data.get("hasta")
        if first and last and last < first:
            self.add_error("hasta", _("Es antes del primer día: revise las dos fechas."))
        return data
