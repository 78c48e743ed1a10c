"""Logins, and the trail of what was given to and taken from them."""

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from municipalities.models import Municipality
from network.enums import Role

if TYPE_CHECKING:
    from network.models.designations import Designation


class AccountManager(UserManager["User"]):
    """Accounts are made with an e-mail and no user name."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":  # type: ignore[override]
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":  # type: ignore[override]
        return self.create_user(email, password, role=Role.ADMIN, is_staff=True, is_superuser=True, **fields)


class User(AbstractUser):
    """An account: a login with an e-mail. The human behind it is a :class:`Person`."""

    username = None  # type: ignore[assignment]
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    email = models.EmailField(_("correo electrónico"), unique=True)
    name = models.CharField(_("nombre"), max_length=160, blank=True)
    role = models.CharField(_("papel"), max_length=16, choices=Role, default=Role.PARTICIPANT)
    language = models.CharField(_("idioma"), max_length=2, choices=[("es", "Español"), ("en", "English")], default="es")

    privacy_notice = models.ForeignKey(
        "network.PrivacyNotice", on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    consented_at = models.DateTimeField(null=True, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []
    objects = AccountManager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("cuenta")
        verbose_name_plural = _("cuentas")
        constraints = [
            models.UniqueConstraint(Lower("email"), name="network_user_email_unique_ci"),
            models.CheckConstraint(
                condition=Q(is_staff=False) | Q(role=Role.ADMIN),
                name="network_user_audit_pages_for_admins",
                violation_error_message=_("Solo la administración entra a las páginas de consulta de datos."),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return (self.name or self.email).split()[0]

    @property
    def is_staff_member(self) -> bool:
        """Works for the institute (staff or admin)."""
        return self.is_active and self.role in {Role.STAFF, Role.ADMIN}

    @property
    def is_admin(self) -> bool:
        return self.is_active and self.role == Role.ADMIN

    @cached_property
    def designation(self) -> "Designation | None":
        """The designation in force of the human behind this account, the titular one first; None when there is none."""
        from network.models.designations import Designation  # which names accounts itself

        return (
            Designation.objects.in_force()
            .filter(person__user=self)
            .select_related("municipality__region", "person")
            .order_by("-kind")  # 'titular' sorts after 'suplente'
            .first()
        )

    @property
    def liaison_municipality(self) -> Municipality | None:
        """The municipality this account works for today, by designation; None when there is none."""
        return self.designation.municipality if self.is_active and self.designation else None


class AccountDecision(models.Model):
    """Who gave or took what from an account, when and why: the audit trail of roles. Never changed, never deleted."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="decisions", verbose_name=_("cuenta"))
    role = models.CharField(_("papel"), max_length=16, choices=Role)
    is_active = models.BooleanField(_("activa"))
    reason = models.CharField(_("motivo"), max_length=200)
    decided_at = models.DateTimeField(_("cuándo"), auto_now_add=True)
    decided_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("quién decidió")
    )

    class Meta:
        ordering = ["-decided_at", "-pk"]
        verbose_name = _("decisión sobre una cuenta")
        verbose_name_plural = _("decisiones sobre cuentas")

    def __str__(self) -> str:
        return f"{self.get_role_display()} {self.pk}"
