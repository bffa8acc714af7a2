"""Certificates for tests: an authority, and what it signs, as PEM files.

    ca = Authority(folder)
    cert, key = ca.issue("server", ips=["127.0.0.1"])
"""

import datetime
import ipaddress
import os
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


def name_of(common_name):
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Keyturn's tests"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def pem_of(key, password=None):
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(password)
        if password
        else serialization.NoEncryption(),
    )


class Authority:
    def __init__(self, folder, name="authority"):
        self.folder = pathlib.Path(folder)
        self.name = name_of(name)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.cert = self.sign(self.name, self.key.public_key(), is_ca=True)
        self.path = self.write(
            f"{name}.pem", self.cert.public_bytes(serialization.Encoding.PEM)
        )

    def write(self, name, data, mode=0o644):
        path = self.folder / name
        path.write_bytes(data)
        os.chmod(path, mode)
        folder = os.stat(self.folder)
        os.chown(path, folder.st_uid, folder.st_gid)
        return path

    def sign(self, name, public_key, ips=(), is_ca=False, days=30):
        now = datetime.datetime.utcnow()
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self.name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 60 * DAY)
            .not_valid_after(now + days * DAY)
            .add_extension(x509.BasicConstraints(is_ca, None), critical=True)
        )
        if ips:
            names = [x509.IPAddress(ipaddress.ip_address(ip)) for ip in ips]
            builder = builder.add_extension(
                x509.SubjectAlternativeName(names), critical=False
            )
        return builder.sign(self.key, hashes.SHA256())

    def issue(self, name, ips=("127.0.0.1",), days=30, rsa_key=False, **key):
        """Certificate and key NAME.crt and NAME.key, replaced when there."""
        private = (
            rsa.generate_private_key(65537, 2048)
            if rsa_key
            else ec.generate_private_key(ec.SECP256R1())
        )
        cert = self.sign(name_of(name), private.public_key(), ips, days=days)
        return (
            self.write(
                f"{name}.crt", cert.public_bytes(serialization.Encoding.PEM)
            ),
            self.write(f"{name}.key", pem_of(private, **key), 0o600),
        )
