"""The request object of Argus' model: read into attributes, and written again for a response that echoes it."""

from collections.abc import Sequence
from dataclasses import dataclass

from testbed.authority.claims import Attributes
from testbed.authority.dn import rfc2253
from testbed.authority.face import Unreadable
from testbed.authority.hessian import List, Map, Value
from testbed.authority.party import Party
from testbed.authority.xacml import FQAN_TYPE, GLITE, STRING, SUBJECT_ID, X500_NAME

PREFIX = "org.glite.authz.common.model."
SET = "java.util.HashSet"
"""The type of the request's lists as Java writes them; those of a response are lazy lists (observed)."""
VOUCHED = tuple(
    GLITE + "attribute/" + name for name in ("subject-issuer", "virtual-organization", "fqan/primary", "fqan")
)
"""What the daemon replaces by what it found in the chain, beside the subject's name."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request by its parts."""

    subject: Attributes
    resource: Attributes
    action: Attributes
    environment: Attributes


def model(name: str, **fields: Value) -> Map:
    """An object of Argus' model, its fields in the order of the Java classes."""
    return Map(PREFIX + name, fields)


def read(value: Value) -> Request:
    """The request that an object is. Raises `Unreadable`, for several subjects too: Argus would not map them."""
    request = _object(value, "Request")
    subjects = _objects(request, "subjects", "Subject")
    resources = _objects(request, "resources", "Resource")
    if len(subjects) != 1 or not resources:
        raise Unreadable(f"{len(subjects)} subjects and {len(resources)} resources where one of each is expected")
    action, environment = request.fields.get("action"), request.fields.get("environment")
    return Request(
        subject=_attributes(subjects),
        resource=_attributes(resources),
        action=_attributes([_object(action, "Action")] if action is not None else []),
        environment=_attributes([_object(environment, "Environment")] if environment is not None else []),
    )


def echo(value: object, subject: Party | None = None, other: str = "") -> Map:
    """The request again, in the form of the Java classes: no field left out, data types filled in.

    ``subject``: what a chain vouched for, in the place of what the request said. ``other``: a name instead of all that.
    """
    request = _object(value, "Request")
    said = [_object(item, "Subject") for item in _items(request, "subjects")]
    found = _vouched(subject, other)
    subjects = [model("Subject", category=item.fields.get("category"), attributes=_again(item, found)) for item in said]
    resources = [
        model("Resource", resourceContent=item.fields.get("resourceContent"), attributes=_again(item))
        for item in _objects(request, "resources", "Resource")
    ]
    rest = {
        key: model(name, attributes=_again(_object(request.fields[key], name)))
        for key, name in (("action", "Action"), ("environment", "Environment"))
        if request.fields.get(key) is not None
    }
    return model(
        "Request",
        subjects=List(tuple(subjects), SET),
        resources=List(tuple(resources), SET),
        action=rest.get("action"),
        environment=rest.get("environment"),
    )


def _vouched(subject: Party | None, other: str) -> list[Map]:
    """The attributes that go in the place of the request's own."""
    if other:
        return [_attribute(SUBJECT_ID, X500_NAME, [other])]
    if subject is None or not subject.verified:
        return []
    issuer, vo, primary, fqan = VOUCHED
    found = [_attribute(SUBJECT_ID, X500_NAME, [rfc2253(subject.dn)])]
    found += [_attribute(issuer, X500_NAME, [rfc2253(subject.issuer)])] if subject.issuer else []
    if subject.fqans:
        found += [
            _attribute(vo, STRING, [subject.vo]),
            _attribute(primary, FQAN_TYPE, subject.fqans[:1]),
            _attribute(fqan, FQAN_TYPE, subject.fqans),
        ]
    return found


def _again(item: Map, found: Sequence[Map] = ()) -> List:
    replaced = (SUBJECT_ID, *VOUCHED) if found else ()
    kept = [
        model(
            "Attribute",
            id=attribute.fields.get("id"),
            dataType=attribute.fields.get("dataType") or STRING,
            issuer=attribute.fields.get("issuer"),
            values=List(tuple(_items(attribute, "values")), SET),
        )
        for attribute in _objects(item, "attributes", "Attribute")
        if attribute.fields.get("id") not in replaced
    ]
    return List((*kept, *found), SET)


def _attribute(id: str, type: str, values: Sequence[str]) -> Map:
    return model("Attribute", id=id, dataType=type, issuer=None, values=List(tuple(values), SET))


def _attributes(items: Sequence[Map]) -> Attributes:
    """The text values of all attributes by identifier."""
    found: dict[str, list[str]] = {}
    for attribute in (one for item in items for one in _objects(item, "attributes", "Attribute")):
        id, values = attribute.fields.get("id"), _items(attribute, "values")
        if not isinstance(id, str) or not id or not values or any(map(_blank, values)):
            raise Unreadable(f"an attribute without identifier or with a blank value: {str(id)[:200]}")
        found.setdefault(id, []).extend(value for value in values if isinstance(value, str))
    return found


def _blank(value: Value) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _object(value: object, name: str) -> Map:
    if not isinstance(value, Map) or value.name != PREFIX + name:
        kind = value.name if isinstance(value, Map) else type(value).__name__
        raise Unreadable(f"{kind[:200]} where {PREFIX}{name} is expected")
    return value


def _objects(holder: Map, field: str, name: str) -> list[Map]:
    return [_object(item, name) for item in _items(holder, field)]


def _items(holder: Map, field: str) -> tuple[Value, ...]:
    value = holder.fields.get(field)
    if value is None:
        return ()
    if not isinstance(value, List):
        raise Unreadable(f"{field} of {holder.name[:200]} is no list")
    return value.items
