"""A certificate authority for tests: it issues certificates, good and bad ones, at the time of the test."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Iterable, List, NamedTuple, Optional, Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)


class Issued(NamedTuple):
    """A certificate and its key, in files."""

    cert: Path
    key: Path
    certificate: x509.Certificate


def _subject(common_names: Iterable[str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name) for name in common_names])


def _write(path: Path, *parts: bytes) -> Path:
    path.touch(0o600)  # as openssl makes keys
    path.write_bytes(b"".join(parts))
    return path


def _key_bytes(key: ec.EllipticCurvePrivateKey, password: Optional[bytes] = None) -> bytes:
    how: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password is not None:
        how = serialization.BestAvailableEncryption(password)
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, how)


class Authority:
    """A CA with a certificate in `ca`."""

    def __init__(self, folder: Path, name: str = "ca") -> None:
        self.folder = folder
        self.name = name
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.subject = _subject([f"the authority {name}"])
        now = datetime.datetime.now(datetime.timezone.utc)
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(self.subject)
            .issuer_name(self.subject)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - DAY)
            .not_valid_after(now + 10 * DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        self.ca = _write(folder / f"{name}.pem", self.certificate.public_bytes(serialization.Encoding.PEM))

    def issue(
        self,
        *dns: str,
        common: Sequence[str] = (),
        file: Optional[str] = None,
        begins: datetime.timedelta = -DAY,
        ends: datetime.timedelta = DAY,
        purposes: Optional[List[x509.ObjectIdentifier]] = None,
        is_self_signed: bool = False,
        password: Optional[bytes] = None,
    ) -> Issued:
        """Issues a certificate with these DNS entries and common names, valid from and to so long after now."""
        file = file or (dns or tuple(common))[0]
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.datetime.now(datetime.timezone.utc)
        subject = _subject(common or ["a node"])
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if is_self_signed else self.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + begins)
            .not_valid_after(now + ends)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        )
        signer = key if is_self_signed else self.key
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        if dns:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in dns]), False)
        if purposes is not None:
            builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        certificate = builder.sign(signer, hashes.SHA256())
        return Issued(
            _write(self.folder / f"{file}.pem", certificate.public_bytes(serialization.Encoding.PEM)),
            _write(self.folder / f"{file}.key", _key_bytes(key, password)),
            certificate,
        )

    def revoke(self, *revoked: Issued, ends: datetime.timedelta = DAY, file: str = "crl.pem") -> Path:
        """Writes the revocation list."""
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.subject)
            .last_update(now - 5 * DAY)
            .next_update(now + ends)
        )
        for issued in revoked:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(issued.certificate.serial_number)
                .revocation_date(now - DAY / 2)
                .build()
            )
        signed = builder.sign(self.key, hashes.SHA256())
        return _write(self.folder / file, signed.public_bytes(serialization.Encoding.PEM))


SERVER_ONLY = [ExtendedKeyUsageOID.SERVER_AUTH]
BOTH = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
