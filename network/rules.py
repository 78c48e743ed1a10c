"""Who may do what in the network. These predicates are the only readers of a role; other apps build on them."""

import rules
from django.contrib.auth.models import AnonymousUser

from municipalities.models import Municipality
from network.models import Designation, DesignationQuerySet, User

AnyUser = User | AnonymousUser


@rules.predicate
def is_staff_member(user: AnyUser) -> bool:
    """Works for the institute."""
    return user.is_authenticated and user.is_staff_member


@rules.predicate
def is_admin(user: AnyUser) -> bool:
    return user.is_authenticated and user.is_admin


@rules.predicate
def is_liaison(user: AnyUser) -> bool:
    """Holds a designation in force today, titular or suplente."""
    return user.is_authenticated and user.liaison_municipality is not None


@rules.predicate
def works_for_municipality(user: AnyUser, municipality: Municipality | None) -> bool:
    """Holds a designation in force in this very municipality."""
    if not user.is_authenticated or municipality is None or user.liaison_municipality is None:
        return False
    return user.liaison_municipality.pk == municipality.pk


rules.add_perm("network.manage_designation", is_staff_member)
rules.add_perm("network.view_personal_data", is_staff_member)
rules.add_perm("network.work_in_municipality", is_liaison)
rules.add_perm("network.change_installation", is_admin)
rules.add_perm("network.use_staff_area", is_staff_member)


def visible_designations(user: AnyUser) -> DesignationQuerySet:
    """Designations with personal data: all to staff, none to anybody else."""
    return Designation.objects.all() if is_staff_member(user) else Designation.objects.none()
