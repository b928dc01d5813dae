"""VOMS attributes without the VOMS program, so that these tests need no image: what it makes is in tests/authority."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from asn1crypto import cms, core, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from testbed.credentials import der
from testbed.credentials.certificate import Identity
from testbed.credentials.voms import VomsServer
from testbed.model.person import long_form

OCTET_STRING = 0x04
LIFETIME = timedelta(hours=12)
FQANS, SIGNERS = "1.3.6.1.4.1.8005.100.100.4", "1.3.6.1.4.1.8005.100.100.10"


def attributes(server: VomsServer, holder: Identity, fqans: Sequence[str], lasts: timedelta = LIFETIME) -> bytes:
    """What ``voms-proxy-fake`` makes of the same, in the fewest parts that relying parties ask for."""
    now = datetime.now(UTC).replace(microsecond=0)
    said = b"".join(der.tlv(OCTET_STRING, long_form(fqan).encode()) for fqan in fqans)
    authority = x509.GeneralNames(
        [x509.GeneralName("uniform_resource_identifier", f"{server.vo}://{server.host}:15000")]
    )
    syntax = der.tlv(der.SEQUENCE, _implicit(authority), der.tlv(der.SEQUENCE, said))
    certificate = server.identity.certificate.public_bytes(Encoding.DER)
    chains = der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, certificate))
    info = cms.AttributeCertificateInfoV2(
        {
            "version": "v2",
            "holder": {
                "base_certificate_id": {
                    "issuer": [_name(holder.certificate.issuer.public_bytes())],
                    "serial": holder.certificate.serial_number,
                }
            },
            "issuer": cms.AttCertIssuer(
                "v2_form", {"issuer_name": [_name(server.identity.certificate.subject.public_bytes())]}
            ),
            "signature": {"algorithm": "sha256_rsa"},
            "serial_number": int.from_bytes(os.urandom(8)),
            "att_cert_validity_period": {
                "not_before_time": now - LIFETIME,
                "not_after_time": now + lasts,
            },
            "attributes": [{"type": FQANS, "values": [core.Any(core.Sequence.load(syntax))]}],
            "extensions": [{"extn_id": SIGNERS, "critical": False, "extn_value": core.ParsableOctetString(chains)}],
        }
    )
    key = server.identity.key
    assert isinstance(key, rsa.RSAPrivateKey)
    signature = key.sign(info.dump(), padding.PKCS1v15(), hashes.SHA256())
    whole = {"ac_info": info, "signature_algorithm": {"algorithm": "sha256_rsa"}, "signature": signature}
    made: bytes = cms.AttributeCertificateV2(whole).dump()
    return made


def _name(der_name: bytes) -> x509.GeneralName:
    return x509.GeneralName("directory_name", x509.Name.load(der_name))


def _implicit(names: x509.GeneralNames) -> bytes:
    """[0] IMPLICIT."""
    plain: bytes = names.dump()
    return b"\xa0" + plain[1:]
