"""The people of the shop: technicians with skills, speeds, shifts and breaks, and advisors.

Owns who is hired for which bays, and when each is not at work. Eighteen technicians for the
twelve bays of the example.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from config.workshop import Bay
from simulators.jobs import Skill
from simulators.opening import HOUR, Rota

ADVISORS = ("王磊", "陈静", "刘洋", "周敏", "孙浩", "林芳")
_BAYS_PER_INSPECTOR = 6
# Half come with the first cars, half stay for the last; eight and a half hours of work in nine and a half.
_SHIFT_SECONDS = 9.5 * HOUR
# Lunch is staggered over these seconds of the working day, so that the shop never stands still.
_LUNCH_FIRST, _LUNCH_LAST, _LUNCH_SECONDS = 2.75 * HOUR, 5.25 * HOUR, 0.75 * HOUR
_BREAK_AFTER_LUNCH_SECONDS, _BREAK_SECONDS = 1.75 * HOUR, 0.25 * HOUR

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
    rota: Rota

    def rank(self, skill: Skill) -> int | None:
        """Say how well they are used for a skill: 0 is best, None is not at all."""
        return self.skills.index(skill) if skill in self.skills else None


def hire_technicians(
    bays: Sequence[Bay], rng: Random, speed_sigma: float, workday_seconds: float
) -> list[Technician]:
    """Hire a crew for the bays; shifts, lunches and days off are spread over the whole crew."""
    crew = [skills for bay in bays for skills in _CREW_OF_KIND.get(bay.kind, (_MECHANIC,))]
    crew += [_INSPECTOR] * -(-len(bays) // _BAYS_PER_INSPECTOR)
    skilled = {skill for skills in crew for skill in skills}
    missing = tuple(skill for skill in Skill if skill not in skilled)
    crew = [skills if skills == _INSPECTOR else skills + missing for skills in crew]
    step = (_LUNCH_LAST - _LUNCH_FIRST) / len(crew)
    lunches = [_LUNCH_FIRST + step * n for n in range(len(crew))]
    rng.shuffle(lunches)
    return [
        Technician(
            f"T{n:03d}", skills, rng.lognormvariate(0.0, speed_sigma), draw_up_rota(n, lunch, workday_seconds)
        )
        for n, (skills, lunch) in enumerate(zip(crew, lunches, strict=True), start=1)
    ]


def draw_up_rota(number: int, lunch: float, workday_seconds: float) -> Rota:
    """Give person `number` a shift, a lunch, a break and a weekday off, unlike the next person's."""
    away = max(0.0, workday_seconds - _SHIFT_SECONDS)
    early = number % 2 == 0
    lunch_over = lunch + _LUNCH_SECONDS
    rest = lunch_over + _BREAK_AFTER_LUNCH_SECONDS
    pauses = [(lunch, lunch_over), (rest, rest + _BREAK_SECONDS)]
    if away and early:
        pauses.append((workday_seconds - away, workday_seconds))
    elif away:
        pauses.insert(0, (0.0, away))
    return Rota(tuple(pauses), day_off=number % 7)
