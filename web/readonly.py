"""Django's admin as a set of pages to look things up: every model can be read, nothing can be written.

A write here would go round the services (history, mail, permissions), so the site itself refuses it: whatever another
package registers is left out, and there is no way to give an entry the right to add, change or delete.
"""

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db.models import FileField, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

# Never shown, not even to administrators: what opens a door, and texts that carry such a link.
HIDDEN_FIELDS = {"password", "token", "payload", "claim_token"}


class ReadOnlyAdmin(admin.ModelAdmin):
    """Shows rows and their fields to administrators (accounts with ``is_staff``)."""

    actions = None
    list_display: tuple[str, ...] = ("__str__", "pk")
    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        """With the rows it points to, whose names stand in its own."""
        pointed_to = [field.name for field in self.opts.concrete_fields if field.many_to_one]
        return super().get_queryset(request).select_related(*pointed_to)

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        is_history = any(field.name == "history_type" for field in self.opts.concrete_fields)
        return ("history_id", "id", "history_type", "history_date", "history_user") if is_history else self.list_display

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_active and getattr(request.user, "is_staff", False))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        fields = [*self.opts.concrete_fields, *self.opts.many_to_many]
        return [
            _path_of(field.name) if isinstance(field, FileField) else field.name
            for field in fields
            if field.name not in HIDDEN_FIELDS
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        return self.get_fields(request, obj)


def _path_of(name: str) -> Callable[[Model], str]:
    """The stored path of a file, without a link: files are served by pages that ask for a permission."""

    def path(row: Model) -> str:
        return str(getattr(row, name) or "")

    path.short_description = name  # type: ignore[attr-defined]
    return path


class ReadOnlySite(admin.AdminSite):
    site_header = site_title = _("Consulta de datos")
    index_title = _("Todo lo que guarda el portal, solo para consulta")
    enable_nav_sidebar = False

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Only what is a :class:`ReadOnlyAdmin`; registrations by other packages are left out."""
        if admin_class is not None and issubclass(admin_class, ReadOnlyAdmin):
            super().register(model_or_iterable, admin_class, **options)

    @method_decorator(login_not_required)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """People sign in where attempts are limited and the second factor is asked; others may not read here."""
        if request.user.is_authenticated:
            raise PermissionDenied
        target = {"next": request.GET.get("next") or reverse("admin:index")}
        return redirect(f"{resolve_url('account_login')}?{urlencode(target)}")

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Passwords are changed on the account's own page."""
        return redirect("account_change_password")


def register_models(app_label: str) -> None:
    """Every model of an app, its history too."""
    admin.site.register(list(apps.get_app_config(app_label).get_models()), ReadOnlyAdmin)
