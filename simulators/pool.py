"""Bays and technicians, handed to whoever needs them most urgently.

Owns who gets what: the most urgent claim first, and for it the member that fits best. What
nobody on duty can serve waits. SimPy's own resources know neither urgency together with
fitness nor people who go to lunch, hence this one.
"""

from bisect import insort
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from simpy import Environment, Event

T = TypeVar("T")
# How well a member fits a claim: lower is better, None is not at all.
Rank = Callable[[T], int | None]


class Claim(Event, Generic[T]):
    """A request for one member; it triggers when `member` is there to be used."""

    member: T

    def __init__(self, env: Environment, rank: Rank[T], urgency: tuple[float, int]) -> None:
        super().__init__(env)
        self.rank = rank
        self.urgency = urgency


class Pool(Generic[T]):
    """Members that are free or taken, and the claims that wait for one."""

    def __init__(self, env: Environment, members: Sequence[T], is_on_duty: Callable[[T], bool]) -> None:
        self._env = env
        self._free = list(members)
        self._is_on_duty = is_on_duty
        self._waiting: list[Claim[T]] = []
        self._claims = 0

    @property
    def queue_length(self) -> int:
        """Say how many claims wait."""
        return len(self._waiting)

    def claim(self, rank: Rank[T], due: float) -> Claim[T]:
        """Ask for a member; of several claims the one that is due first is served first."""
        self._claims += 1
        claim = Claim(self._env, rank, (due, self._claims))
        insort(self._waiting, claim, key=lambda waiting: waiting.urgency)
        self.serve()
        return claim

    def take_now(self, rank: Rank[T]) -> T | None:
        """Take the best free member, or none; never waits."""
        best: T | None = None
        best_rank: int | None = None
        for member in self._free:
            fit = rank(member)
            if fit is not None and (best_rank is None or fit < best_rank) and self._is_on_duty(member):
                best, best_rank = member, fit
        if best is not None:
            self._free.remove(best)
        return best

    def release(self, member: T) -> None:
        """Give a member back; whoever has been free the longest is taken first next time."""
        self._free.append(member)
        self.serve()

    def serve(self) -> None:
        """Serve every claim that can be served now; also to be called when somebody comes on duty."""
        for claim in list(self._waiting):
            member = self.take_now(claim.rank)
            if member is not None:
                self._waiting.remove(claim)
                claim.member = member
                claim.succeed()
