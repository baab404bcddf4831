# Copyright: (c) 2026, the plannerate.infra contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a deployment needs of the machine: the contract that the engine keeps, and the stand-in of the tests as well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from ansible_collections.plannerate.infra.plugins.module_utils._deploy.state import Colour


class GateFailed(Exception):
    """Something is not as it has to be. ``containers``: those whose last lines may tell why."""

    def __init__(self, gate: str, message: str, containers: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.gate = gate
        self.containers = list(containers)


class Container(NamedTuple):
    """``health``: as the engine has it, empty without a check. ``restarts``: how often it ended by itself and began again."""

    running: bool
    health: str
    restarts: int
    status: str


class Request(NamedTuple):
    """One that Traefik answered: by the container, with a status, in seconds."""

    server: str
    status: int
    seconds: float


class Migrated(NamedTuple):
    """``known``: the migrations that the image has. ``ran``: those in the database. ``new``: those that were made now."""

    known: list[str]
    ran: list[str]
    new: list[str]


class Engine(Protocol):
    """All of it may be done again when it was done already. What cannot be done raises GateFailed."""

    def now(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...

    def containers(self, names: Sequence[str]) -> dict[str, Container]:
        """Those of them that there are."""

    def up(self, colour: Colour, services: Sequence[str]) -> None:
        """They run; containers that are missing are made. Does not wait until they are healthy."""

    def stop(self, names: Sequence[str]) -> None:
        """None of them runs when this returns; each had its time to end what it did."""

    def remove(self, colour: Colour) -> None:
        """Nothing is left of it, its migration included."""

    def migrate(self, colour: Colour) -> Migrated: ...

    def known_migrations(self, colour: Colour) -> list[str] | None:
        """Those that its image has, asked of its application; None where it does not tell."""

    def pause(self, name: str) -> None:
        """This queue takes no more jobs; does not wait for the one that it has."""

    def resume(self, name: str) -> None: ...

    def interrupt(self, name: str) -> None:
        """This scheduler ends what repeats within its minute, for which its end would wait. Never fails."""

    def shares_events(self, colour: Colour) -> bool:
        """Whether its Reverb tells others what it hears, and hears what they tell."""

    def answers(self, colour: Colour, times: int) -> str:
        """Whether application and Reverb answer from Traefik's network so many times in a row: empty, or what is wrong."""

    def warm(self, colour: Colour) -> str:
        """Asks the application for its pages: empty, or what is wrong."""

    def routes(self) -> str:
        """Traefik's file."""

    def route(self, text: str) -> None:
        """Traefik has loaded this file. If it refuses it, the one of before is in place again."""

    def confirm(self, colour: Colour) -> str:
        """Whether an answer through the public port comes from this colour: empty, or what is wrong."""

    def requests(self, since: float) -> list[Request]:
        """What Traefik answered for this environment since then."""

    def log(self, names: Sequence[str]) -> list[str]:
        """The last lines of containers, without secrets."""

    def prune(self, images: Sequence[str]) -> None:
        """Removes these images, as far as nobody uses them. Never fails."""
