"""The people of the shop: technicians with skills, speeds and lunch hours, and advisors.

Owns who is hired for which bays. Eighteen technicians for the twelve bays of the example.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from config.workshop import Bay
from simulators.jobs import Skill
from simulators.opening import LUNCH_FIRST, LUNCH_LAST

ADVISORS = ("王磊", "陈静", "刘洋", "周敏", "孙浩", "林芳")
_BAYS_PER_INSPECTOR = 6

_SERVICE_CREW = (Skill.SERVICE,)
_MECHANIC = (Skill.MECHANICAL, Skill.SERVICE)
_MASTER = (Skill.DIAGNOSTIC, Skill.MECHANICAL)
_INSPECTOR = (Skill.QUALITY,)
# Who works at a bay of a kind: two at an express bay, for services are done in pairs.
_CREW_OF_KIND: dict[str, tuple[tuple[Skill, ...], ...]] = {
    "express": (_SERVICE_CREW, _SERVICE_CREW),
    "diagnostic": (_MASTER, _MASTER),
    "body": ((Skill.BODY, Skill.PAINT),),
    "paint": ((Skill.PAINT, Skill.BODY),),
}


@dataclass(frozen=True, slots=True)
class Technician:
    """A technician; the first skill is the one they are best used for. Speed 1 is flat rate."""

    key: str
    skills: tuple[Skill, ...]
    speed: float
    lunch_seconds: float

    def rank(self, skill: Skill) -> int | None:
        """Say how well they are used for a skill: 0 is best, None is not at all."""
        return self.skills.index(skill) if skill in self.skills else None


def hire_technicians(bays: Sequence[Bay], rng: Random, speed_sigma: float) -> list[Technician]:
    """Hire a crew for the bays; lunches are spread over the whole crew."""
    crew = [skills for bay in bays for skills in _CREW_OF_KIND.get(bay.kind, (_MECHANIC,))]
    crew += [_INSPECTOR] * -(-len(bays) // _BAYS_PER_INSPECTOR)
    skilled = {skill for skills in crew for skill in skills}
    missing = tuple(skill for skill in Skill if skill not in skilled)
    crew = [skills if skills == _INSPECTOR else skills + missing for skills in crew]
    step = (LUNCH_LAST - LUNCH_FIRST) / len(crew)
    lunches = [LUNCH_FIRST + step * n for n in range(len(crew))]
    rng.shuffle(lunches)
    return [
        Technician(f"T{n:03d}", skills, rng.lognormvariate(0.0, speed_sigma), lunch)
        for n, (skills, lunch) in enumerate(zip(crew, lunches, strict=True), start=1)
    ]
