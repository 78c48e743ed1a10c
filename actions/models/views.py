"""The views of a list that a person keeps: filters and columns under a name."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from actions.enums import ActionList
from network.models import User


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def of_list(self, which: ActionList) -> "SavedViewQuerySet":
        return self.filter(list=which)


class SavedView(models.Model):
    """What somebody looks at again and again: the query of a list, which nobody else sees.

    ``query`` is a query string of filters and columns, never a page number; what it names that no longer exists is
    said by the list itself. At most one view of each list opens by itself.
    """

    MOST = 20

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views")
    list = models.CharField(_("lista"), max_length=10, choices=ActionList)
    name = models.CharField(_("nombre de la vista"), max_length=60)
    query = models.CharField(max_length=1000, blank=True)
    is_default = models.BooleanField(_("abrir la lista con esta vista"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = _("vista guardada")
        verbose_name_plural = _("vistas guardadas")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "list", "name"],
                name="actions_saved_view_name",
                violation_error_message=_("Ya hay una vista con ese nombre."),
            ),
            models.UniqueConstraint(
                fields=["user", "list"],
                condition=Q(is_default=True),
                name="actions_saved_view_one_default",
                violation_error_message=_("La lista ya se abre con otra vista."),
            ),
        ]

    def __str__(self) -> str:
        return self.name
