# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the page says by itself, in the languages that it knows. Gatus' own labels are English, whatever the language. Pure."""

from __future__ import annotations

from typing import NamedTuple


class Words(NamedTuple):
    title: str
    description: str
    heading: str
    # With the interval in seconds.
    subheading: str
    application: str
    tenant: str
    websockets: str
    database: str
    certificate: str
    # With the two moments and the text.
    maintenance: str
    moment: str


WORDS = {
    "en": Words(
        title="Status",
        description="What works right now, and what did not lately",
        heading="Status",
        subheading="What works right now. Each line is tried every {interval} seconds",
        application="Application",
        tenant="Customer sites",
        websockets="Live updates",
        database="Database",
        certificate="Certificate",
        maintenance="Maintenance from {begins} to {ends}: {text}",
        moment="%Y-%m-%d %H:%M",
    ),
    "pt-BR": Words(
        title="Situação dos serviços",
        description="O que funciona agora e o que falhou há pouco",
        heading="Situação dos serviços",
        subheading="O que funciona agora. Cada linha é testada a cada {interval} segundos",
        application="Aplicação",
        tenant="Sites dos clientes",
        websockets="Atualizações ao vivo",
        database="Banco de dados",
        certificate="Certificado",
        maintenance="Manutenção de {begins} a {ends}: {text}",
        moment="%d/%m/%Y %H:%M",
    ),
}
